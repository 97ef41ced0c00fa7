import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { SignIn } from "../../../hub/access_operation_types.ts";
import { browserName } from "../../state/browser_name.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { TimeAgo } from "../time_ago.tsx";
import { Part, Shown, ViewerNote } from "./parts.tsx";
import { useLoaded } from "../use_loaded.ts";

/** The browsers that have signed in, and the ways to sign out. */
export function SignIns(): JSX.Element {
  const world = useWorld();
  const { api, isViewer } = world;
  const signIns = useLoaded(() => api.call("sign_ins.list", {}));
  const asksEverywhere = useSignal(false);
  const revoke = async ({ id }: SignIn) => {
    await api.call("sign_ins.revoke", { sign_in_id: id });
    await signIns.reload();
  };
  return (
    <>
      <ViewerNote />
      <Part text="Browsers that have signed in to this hub. One that does not come back for a week is signed out.">
        <Shown loaded={signIns}>
          {(list) => (
            <ul class="settings-list card">
              {list.map((each) => <Row key={each.id} signIn={each} onRevoke={() => revoke(each)} />)}
              {list.length === 0 ? <li class="settings-empty">No browser has signed in.</li> : null}
            </ul>
          )}
        </Shown>
      </Part>
      <div class="buttons">
        <Button icon="log-out" onClick={() => world.signOut(false)}>Sign out</Button>
        <Button disabled={isViewer.value} onClick={() => void (asksEverywhere.value = true)}>
          Sign out everywhere
        </Button>
      </div>
      {asksEverywhere.value
        ? (
          <ConfirmDialog
            title="Sign out everywhere"
            text="All browsers are signed out, this one too. API tokens and the hub's token stay valid."
            action="Sign out everywhere"
            onClose={() => asksEverywhere.value = false}
            onConfirm={() => world.signOut(true)}
          />
        )
        : null}
    </>
  );
}

function Row({ signIn, onRevoke }: { signIn: SignIn; onRevoke: () => Promise<void> }): JSX.Element {
  const { user, way, address, agent, used_at, is_current, read_only } = signIn;
  const isPhone = /\b(?:iPhone|Android)\b/.test(agent);
  const name = browserName(agent);
  return (
    <li class="settings-row">
      <Icon name={isPhone ? "smartphone" : "monitor"} size={18} />
      <div class="settings-row-text">
        <p title={agent}>
          <strong>{name}</strong> {is_current ? <span class="chip">This browser</span> : null}{" "}
          {read_only ? <span class="chip">Read-only</span> : null}
        </p>
        <p class="muted small">
          {user === way ? user : `${user} · by ${way}`} · {address} · {is_current ? "now" : <TimeAgo at={used_at} />}
        </p>
      </div>
      {is_current ? null : <RevokeButton name={name} onRevoke={onRevoke} />}
    </li>
  );
}

/** A button that ends a sign-in or makes a token invalid. */
export function RevokeButton({ name, onRevoke }: { name: string; onRevoke: () => Promise<void> | void }): JSX.Element {
  return <Button label={`Revoke ${name}`} disabled={useWorld().isViewer.value} onClick={onRevoke}>Revoke</Button>;
}

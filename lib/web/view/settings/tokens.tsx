import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ApiToken } from "../../../hub/access_operation_types.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { TimeAgo } from "../time_ago.tsx";
import { CopyField } from "./copy_field.tsx";
import { NewToken } from "./new_token.tsx";
import { Part, Shown, ViewerNote } from "./parts.tsx";
import { RevokeButton } from "./sign_ins.tsx";
import { useLoaded } from "../use_loaded.ts";

/** The named API tokens: made, shown once, and revoked. */
export function Tokens(): JSX.Element {
  const { api } = useWorld();
  const tokens = useLoaded(() => api.call("tokens.list", {}));
  const made = useSignal<{ readonly name: string; readonly token: string } | undefined>(undefined);
  const asked = useSignal<ApiToken | undefined>(undefined);
  const revoke = async ({ name }: ApiToken) => {
    await api.call("tokens.revoke", { token_name: name });
    if (made.value?.name === name) made.value = undefined;
    await tokens.reload();
  };
  return (
    <>
      <ViewerNote />
      <Part text="Tokens are for scripts and other programs, and sign a browser in as well.">
        {made.value === undefined
          ? null
          : <MadeToken name={made.value.name} token={made.value.token} onClose={() => made.value = undefined} />}
        <Shown loaded={tokens}>
          {(list) => (
            <ul class="settings-list card">
              {list.map((each) => <Row key={each.id} token={each} onRevoke={() => void (asked.value = each)} />)}
              {list.length === 0 ? <li class="settings-empty">There are no tokens yet.</li> : null}
            </ul>
          )}
        </Shown>
      </Part>
      <NewToken
        onMade={(token) => {
          made.value = token;
          return tokens.reload();
        }}
      />
      {asked.value === undefined ? null : (
        <ConfirmDialog
          title={`Revoke ${asked.value.name}`}
          text="Whatever uses the token is refused from now on, and browsers that signed in with it are signed out."
          action="Revoke"
          onClose={() => asked.value = undefined}
          onConfirm={() => revoke(asked.value!)}
        />
      )}
    </>
  );
}

function Row({ token, onRevoke }: { token: ApiToken; onRevoke: () => void }): JSX.Element {
  const { name, read_only, created_at, used_at } = token;
  return (
    <li class="settings-row">
      <Icon name="key-round" size={18} />
      <div class="settings-row-text">
        <p>
          <strong>{name}</strong> {read_only ? <span class="chip">Read-only</span> : null}
        </p>
        <p class="muted small">
          made <TimeAgo at={created_at} /> ·{" "}
          {used_at === undefined ? "never used" : <>used {<TimeAgo at={used_at} />}</>}
        </p>
      </div>
      <RevokeButton name={name} onRevoke={onRevoke} />
    </li>
  );
}

function MadeToken({ name, token, onClose }: { name: string; token: string; onClose: () => void }): JSX.Element {
  return (
    <div class="made-token" role="status">
      <p>
        <strong>{name}</strong> was made. Copy the token now: it is not shown again.
      </p>
      <CopyField label={`The token ${name}`} text={token} />
      <Button kind="quiet" onClick={onClose}>Done</Button>
    </div>
  );
}

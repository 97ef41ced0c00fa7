import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { PermissionCard } from "../permission/permission_card.tsx";
import { counted } from "../text.ts";

/** How many cards are drawn before somebody asks for more, and with each time. */
const STEP = 20;

/** Everything that waits for a person, the oldest first; what cannot be answered now comes last. */
export function NeedsYou({ revealed, host }: {
  /** What a link leads to. */
  revealed: string | undefined;
  /** The host of which it is wanted; `undefined` for all. */
  host: string | undefined;
}): JSX.Element {
  const { hosts, hub } = useWorld();
  const count = useSignal(STEP);
  const all = hub.permissions.value;
  const { here, away } = hosts.split(host === undefined ? all : all.filter((each) => each.host === host));
  const elsewhere = host === undefined ? 0 : hosts.split(all.filter((each) => each.host !== host)).here.length;
  const permissions = [...here, ...away];
  const at = permissions.findIndex(({ id }) => id === revealed);
  const shown = permissions.slice(0, Math.max(count.value, at + 1));
  return (
    <section class="needs-you" aria-labelledby="needs-you">
      <h2 id="needs-you">
        Needs you {here.length === 0 ? null : <span class="badge">{here.length}</span>}
      </h2>
      {revealed !== undefined && at < 0
        ? (
          <p class="needs-you-gone" role="status">
            What the link leads to was answered already, or is no longer asked.
          </p>
        )
        : null}
      {permissions.length === 0
        ? <p class="muted">{host === undefined ? "Nothing waits for you." : `Nothing on ${host} waits for you.`}</p>
        : null}
      {shown.map((permission) => (
        <PermissionCard
          key={permission.id}
          permission={permission}
          showsSession
          isRevealed={permission.id === revealed}
        />
      ))}
      {shown.length < permissions.length
        ? (
          <Button kind="quiet" onClick={() => void (count.value += STEP)}>
            Show {Math.min(STEP, permissions.length - shown.length)} more
          </Button>
        )
        : null}
      {elsewhere === 0 ? null : (
        <p class="small">
          <Link to={{ page: "home" }}>{counted(elsewhere, "more question waits", "more questions wait")}</Link>{" "}
          on other hosts.
        </p>
      )}
    </section>
  );
}

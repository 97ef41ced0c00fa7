import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { PermissionCard } from "../permission/permission_card.tsx";

/** How many cards are drawn before somebody asks for more, and with each time. */
const STEP = 20;

/** Everything that waits for a person, the oldest first; what cannot be answered now comes last. */
export function NeedsYou({ revealed }: { revealed: string | undefined }): JSX.Element {
  const { hosts, hub } = useWorld();
  const count = useSignal(STEP);
  const { here, away } = hosts.split(hub.permissions.value);
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
      {permissions.length === 0 ? <p class="muted">Nothing waits for you.</p> : null}
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
    </section>
  );
}

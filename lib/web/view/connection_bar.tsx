import type { JSX } from "preact";
import { useWorld } from "../state/world.ts";
import { Icon } from "./icon.tsx";

/** Says quietly that the hub cannot be reached, and since when. */
export function ConnectionBar(): JSX.Element {
  const { hub } = useWorld();
  const isLost = hub.connection.value === "lost";
  return (
    <div class="connection" role="status" aria-live="polite">
      {isLost
        ? (
          <p>
            <Icon name="wifi-off" /> Connection lost. Last contact {timeOf(hub.lastContact.value)}. Reconnecting…
          </p>
        )
        : null}
    </div>
  );
}

function timeOf(at: number): string {
  return at === 0 ? "never" : new Date(at).toLocaleTimeString();
}

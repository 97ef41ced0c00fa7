import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { HubProblem } from "../../api/client.ts";
import type { PushStatus } from "../../state/push.ts";
import { useWorld } from "../../state/world.ts";
import { Part } from "./parts.tsx";

/** What has to be done before the switch can be used. */
const NEEDED: Readonly<Partial<Record<PushStatus, string>>> = {
  unsupported: "This needs https, or the machine itself (localhost), and a browser with Web Push. " +
    "On an iPhone or iPad, add the page to the home screen first, and open it from there.",
  disabled:
    "The hub does not do this yet: set push.enabled = true and push.contact in its hub.toml, and start it again.",
  blocked:
    "The browser blocks notifications of this page. Allow them in what it knows of this site, beside the address.",
};

const TEXT =
  "The push service of your browser wakes this device when something needs you, has failed, or has finished " +
  "after half a minute or more. It learns when that happens, but not what. Signing out ends it.";

/** Whether the hub reaches this device while no tab is open. */
export function PushSettings(): JSX.Element {
  const { push, hub, notifications, toasts } = useWorld();
  const isBusy = useSignal(false);
  const status = push.status.value;
  const attempt = async (work: () => Promise<void>) => {
    isBusy.value = true;
    try {
      await work();
    } catch (error) {
      toasts.failure(error);
    } finally {
      isBusy.value = false;
    }
  };
  const turnOn = async () => {
    await push.turnOn();
    // The browser has asked, and notifications of tabs may be shown from now on, too.
    notifications.access.value = Notification.permission;
  };
  const isLost = hub.connection.value === "lost";
  useEffect(() => {
    if (!isLost) void push.read().catch(isUnreachable);
  }, [isLost]);
  const canChange = status === "on" || status === "off";
  return (
    <Part title="While no tab is open" text={<span id="push-text">{NEEDED[status] ?? TEXT}</span>}>
      <div class="settings-checks">
        <label class="check">
          <input
            type="checkbox"
            role="switch"
            checked={status === "on"}
            disabled={!canChange || isBusy.value}
            aria-describedby="push-text"
            onChange={({ currentTarget }) => {
              const isWanted = currentTarget.checked;
              // It shows what is, not what is asked for.
              currentTarget.checked = status === "on";
              void attempt(() => isWanted ? turnOn() : push.turnOff());
            }}
          />
          Notify this device when no tab is open
        </label>
      </div>
    </Part>
  );
}

/** Without the hub, nothing is known; it is read again when the connection is back. */
function isUnreachable(error: unknown): void {
  if (!(error instanceof HubProblem)) throw error;
}

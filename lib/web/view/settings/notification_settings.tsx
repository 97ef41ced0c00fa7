import type { JSX } from "preact";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Part } from "./parts.tsx";
import { PushSettings } from "./push_settings.tsx";

/** Whether the browser tells what happens while nobody looks at the page, and while it is not open. */
export function NotificationSettings(): JSX.Element {
  return (
    <>
      <TabNotifications />
      <PushSettings />
    </>
  );
}

const TITLE = "While a tab is open";

function TabNotifications(): JSX.Element {
  const { notifications } = useWorld();
  switch (notifications.access.value) {
    case "unsupported":
      return (
        <Part
          title={TITLE}
          text="This browser shows no notifications for this address. It needs https, or the machine itself (localhost)."
        />
      );
    case "denied":
      return (
        <Part
          title={TITLE}
          text="The browser blocks notifications of this page. Allow them in what it knows of this site, beside the address."
        />
      );
    case "default":
      return (
        <Part
          title={TITLE}
          text="The browser can tell you when something waits for you, or a turn has finished, while a tab of this page is open in the background."
        >
          <div class="buttons">
            <Button kind="primary" icon="bell" onClick={() => notifications.turnOn()}>Turn on notifications</Button>
          </div>
        </Part>
      );
    case "granted":
      return <Choices />;
  }
}

function Choices(): JSX.Element {
  const { notifications } = useWorld();
  const choice = notifications.choice.value;
  return (
    <Part title={TITLE} text="Shown while you look elsewhere. Remembered in this browser.">
      <div class="settings-checks">
        <label class="check">
          <input
            type="checkbox"
            checked={choice.needsYou}
            onChange={({ currentTarget }) => notifications.choose({ ...choice, needsYou: currentTarget.checked })}
          />
          When something needs you
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={choice.finished}
            onChange={({ currentTarget }) => notifications.choose({ ...choice, finished: currentTarget.checked })}
          />
          When a turn has finished
        </label>
      </div>
    </Part>
  );
}

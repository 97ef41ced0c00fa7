import type { JSX } from "preact";
import { useWorld } from "../state/world.ts";
import { Button } from "./controls.tsx";
import { Icon } from "./icon.tsx";

/** The messages that are told in passing. */
export function ToastList(): JSX.Element {
  const { toasts } = useWorld();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.shown.value.map(({ id, text, isFailure, action }) => (
        <div key={id} class={isFailure ? "toast failure" : "toast"} role={isFailure ? "alert" : undefined}>
          <Icon name={isFailure ? "triangle-alert" : "circle-check"} />
          <span>{text}</span>
          {action === undefined ? null : <Button kind="primary" onClick={action.run}>{action.label}</Button>}
          <Button
            kind="quiet"
            icon="x"
            label="Close the message"
            onClick={() =>
              toasts.close(id)}
          />
        </div>
      ))}
    </div>
  );
}

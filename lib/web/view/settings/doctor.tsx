import type { JSX } from "preact";
import type { DoctorCheck } from "../../../hub/operation_types.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon, type IconName } from "../icon.tsx";
import { sentence } from "../text.ts";
import { Part, Shown } from "./parts.tsx";
import { useLoaded } from "../use_loaded.ts";

const STATES: Readonly<Record<DoctorCheck["status"], { readonly icon: IconName; readonly text: string }>> = {
  ok: { icon: "circle-check", text: "Fine" },
  warning: { icon: "triangle-alert", text: "Warning" },
  error: { icon: "circle-alert", text: "Error" },
};
const ORDER: readonly DoctorCheck["status"][] = ["error", "warning", "ok"];

/** Whether the hub has what it needs, and what to do where it has not. */
export function Doctor(): JSX.Element {
  const { api } = useWorld();
  const checks = useLoaded(() => api.call("doctor.get", {}));
  return (
    <>
      <Part text="The hub's files, the daemon, the agent with its sign-in, and the programs that they need.">
        <Shown loaded={checks}>
          {(list) => (
            <ul class="settings-list card">
              {list.toSorted((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status)).map((check) => (
                <Check key={check.name} check={check} />
              ))}
            </ul>
          )}
        </Shown>
      </Part>
      {checks.value === undefined ? null : (
        <div class="buttons">
          <Button icon="rotate-ccw" onClick={checks.reload}>Check again</Button>
        </div>
      )}
    </>
  );
}

function Check({ check: { name, status, message, advice } }: { check: DoctorCheck }): JSX.Element {
  const { icon, text } = STATES[status];
  return (
    <li class={`settings-row check-${status}`}>
      <Icon name={icon} size={18} />
      <div class="settings-row-text">
        <p>
          <strong>{name.slice(0, 1).toUpperCase() + name.slice(1)}</strong> <span class="hidden-text">{text}</span>
        </p>
        <p class="muted small">{message}</p>
        {advice === undefined ? null : <p class="small">{sentence(advice)}</p>}
      </div>
    </li>
  );
}

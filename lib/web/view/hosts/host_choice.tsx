import type { JSX } from "preact";
import { useWorld } from "../../state/world.ts";
import { Field } from "../controls.tsx";

/** Chooses where something is to run; absent where there is only one machine. */
export function HostChoice({ host, onChange }: {
  /** The name; empty for the hub itself. */
  host: string;
  onChange: (host: string) => void;
}): JSX.Element | null {
  const { hosts } = useWorld();
  if (!hosts.isUsed.value) return null;
  return (
    <Field label="Host">
      <select value={host} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">{hosts.ownName.value} (this hub)</option>
        {(hosts.list.value.value ?? []).map(({ name, state }) => (
          <option key={name} value={name} disabled={state !== "up"}>{state === "up" ? name : `${name} (away)`}</option>
        ))}
      </select>
    </Field>
  );
}

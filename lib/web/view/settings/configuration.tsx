import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ShownConfigValue } from "../../../hub/operation_types.ts";
import { useWorld } from "../../state/world.ts";
import { Part, Shown } from "./parts.tsx";
import { useLoaded } from "./use_loaded.ts";

/** The configuration that is in effect. */
export function Configuration(): JSX.Element {
  const { api } = useWorld();
  const config = useLoaded(() => api.call("config.get", {}));
  const filter = useSignal("");
  return (
    <Part
      text={
        <>
          What the hub runs with, and where each value comes from. Change it in the file, then restart the hub; agents
          run on.
        </>
      }
    >
      <Shown loaded={config}>
        {({ file, values }) => (
          <>
            {file === undefined ? null : <p class="mono settings-file">{file}</p>}
            <input
              type="search"
              aria-label="Filter the keys"
              placeholder="Filter the keys"
              value={filter.value}
              onInput={({ currentTarget }) => filter.value = currentTarget.value}
            />
            <ConfigTable values={values.filter(({ key }) => key.includes(filter.value.trim().toLowerCase()))} />
          </>
        )}
      </Shown>
    </Part>
  );
}

function ConfigTable({ values }: { values: readonly ShownConfigValue[] }): JSX.Element {
  if (values.length === 0) return <p class="muted">No key matches.</p>;
  return (
    <div class="table-box card" role="region" aria-label="Configuration" tabIndex={0}>
      <table class="table config">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Value</th>
            <th scope="col">From</th>
          </tr>
        </thead>
        <tbody>
          {values.map(({ key, value, source }) => (
            <tr key={key} class={source === "default" ? "is-default" : undefined}>
              <th scope="row" class="mono">{key}</th>
              <td class="mono config-value">{valueText(value)}</td>
              <td class="muted config-source">{source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function valueText(value: unknown): string {
  return value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value);
}

import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ShownConfigValue } from "../../../hub/operation_types.ts";
import { useWorld } from "../../state/world.ts";
import { Part, Shown } from "./parts.tsx";
import { useLoaded } from "../use_loaded.ts";

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
            <ConfigTable
              file={file}
              values={values.filter(({ key }) => key.includes(filter.value.trim().toLowerCase()))}
            />
          </>
        )}
      </Shown>
    </Part>
  );
}

function ConfigTable({ file, values }: {
  file: string | undefined;
  values: readonly ShownConfigValue[];
}): JSX.Element {
  if (values.length === 0) return <p class="muted">No key matches.</p>;
  return (
    <div class="table-box card" role="region" aria-label="Configuration" tabIndex={0}>
      <table class="table config" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">Key</th>
            <th scope="col" role="columnheader">Value</th>
            <th scope="col" role="columnheader">From</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {values.map(({ key, value, source }) => (
            <tr key={key} role="row" class={source === "default" ? "is-default" : undefined}>
              <th scope="row" role="rowheader" class="mono">{key}</th>
              <td role="cell" class="mono config-value">{valueText(value)}</td>
              <td role="cell" class="muted config-source">{sourceText(source, file)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The file is named above the table. */
function sourceText(source: string, file: string | undefined): string {
  return file !== undefined && source.startsWith(`${file}:`) ? `file, line ${source.slice(file.length + 1)}` : source;
}

function valueText(value: unknown): string {
  return value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value);
}

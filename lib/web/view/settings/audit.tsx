import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { AuditEntry } from "../../../hub/access_operation_types.ts";
import { ROUTES } from "../../api/routes_generated.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Field } from "../controls.tsx";
import { TimeAgo } from "../time_ago.tsx";
import { Part, Shown } from "./parts.tsx";
import { useLoaded } from "../use_loaded.ts";

/** How many entries are read at once. */
const PAGE = 50;

/** The operations that change something. */
const CHANGES: readonly string[] = Object.entries(ROUTES).filter(([, { method }]) => method !== "GET").map(([name]) =>
  name
).sort();

/** Who changed what, the newest first. */
export function Audit(): JSX.Element {
  const { api } = useWorld();
  const what = useSignal("");
  const who = useSignal("");
  const people = useSignal<ReadonlySet<string>>(new Set());
  const isWhole = useSignal(false);
  const read = async (before?: number) => {
    const filter = { what: what.value || undefined, who: who.value || undefined };
    const entries = await api.call("audit.list", { limit: PAGE, before, ...filter });
    isWhole.value = entries.length < PAGE;
    people.value = new Set([...people.value, ...entries.map(({ who }) => who)]);
    return entries;
  };
  const entries = useLoaded(() => read());
  const more = useSignal<readonly AuditEntry[]>([]);
  useEffect(() => {
    more.value = [];
    if (entries.value !== undefined) void entries.reload();
  }, [what.value, who.value]);
  const readMore = async (shown: readonly AuditEntry[]) => {
    more.value = [...more.value, ...await read(shown.at(-1)?.id)];
  };
  return (
    <Part text="Every change, and who made it.">
      <div class="form-row audit-filters">
        <Choice label="Operation" all="All operations" choices={CHANGES} value={what} />
        <Choice label="Person" all="Everybody" choices={[...people.value].sort()} value={who} />
      </div>
      <Shown loaded={entries}>
        {(first) => {
          const shown = [...first, ...more.value];
          return (
            <>
              {shown.length === 0 ? <p class="muted">Nothing was changed.</p> : <AuditTable entries={shown} />}
              {isWhole.value || shown.length === 0 ? null : (
                <div class="buttons">
                  <Button onClick={() => readMore(shown)}>Load more</Button>
                </div>
              )}
            </>
          );
        }}
      </Shown>
    </Part>
  );
}

function Choice({ label, all, choices, value }: {
  label: string;
  all: string;
  choices: readonly string[];
  value: { value: string };
}): JSX.Element {
  return (
    <Field label={label}>
      <select value={value.value} onChange={({ currentTarget }) => value.value = currentTarget.value}>
        <option value="">{all}</option>
        {choices.map((each) => <option key={each} value={each}>{each}</option>)}
      </select>
    </Field>
  );
}

function AuditTable({ entries }: { entries: readonly AuditEntry[] }): JSX.Element {
  const { hub } = useWorld();
  const nameOf = (target: string) => hub.sessions.value.get(target)?.name ?? target;
  return (
    <div class="table-box card" role="region" aria-label="Audit" tabIndex={0}>
      <table class="table audit" role="table">
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">When</th>
            <th scope="col" role="columnheader">Operation</th>
            <th scope="col" role="columnheader">About</th>
            <th scope="col" role="columnheader">Who</th>
            <th scope="col" role="columnheader" class="wide-only">From</th>
            <th scope="col" role="columnheader">Result</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {entries.map(({ id, at, what, target, who, way, address, result }) => (
            <tr key={id} role="row">
              <td role="cell" class="audit-when muted">
                <TimeAgo at={at} />
              </td>
              <td role="cell" class="audit-what mono nowrap">{what}</td>
              <td role="cell" class="table-about" title={target}>{target === undefined ? "" : nameOf(target)}</td>
              <td role="cell" class="audit-who nowrap" title={`by ${way}`}>{who}</td>
              <td role="cell" class="muted nowrap wide-only">{address ?? "this machine"}</td>
              <td role="cell" class={result === "ok" ? "audit-result muted nowrap" : "audit-result bad nowrap"}>
                {result}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

import type { JSX } from "preact";
import { useWorld } from "../../state/world.ts";

/** Chooses the host whose sessions are shown; absent where there is only one. */
export function HostFilter({ host }: { host: string | undefined }): JSX.Element | null {
  const { hosts, router } = useWorld();
  if (!hosts.isUsed.value) return null;
  const names = hosts.names.value;
  const choose = (name: string) =>
    router.go({ page: "home", ...(name === "" ? {} : { host: name }) }, { replaces: true });
  return (
    <select
      class="choice host-filter"
      aria-label="Host"
      value={host ?? ""}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      <option value="">All hosts</option>
      {host === undefined || names.includes(host) ? null : <option value={host}>{host}</option>}
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
          {hosts.awayHostOf({ host: name }) === undefined ? "" : " (away)"}
        </option>
      ))}
    </select>
  );
}

import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Host } from "../../../hosts/types.ts";
import { newHostKey } from "../../state/dialogs.ts";
import { newSuggestions } from "../../state/host_form.ts";
import { HOST_STATES, hostsWith } from "../../state/host_text.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { counted, sentence } from "../text.ts";
import { useLive } from "../use_live.ts";
import { useLoaded } from "../use_loaded.ts";
import { AddHost } from "./add_host.tsx";
import { UpgradeAll } from "./host_installation.tsx";
import { HostCard } from "./host_card.tsx";
import { NewHostKey } from "./host_key.tsx";
import { HostLoad } from "./host_load.tsx";

/** From this number of hosts on, they can be filtered. */
const MANY = 6;
/** What needs somebody comes first. */
const HOST_ORDER = ["refused", "offline", "connecting", "up"] as const;
/** How many names of the ssh configuration are offered at once. */
const MAX_SUGGESTED = 6;

/** The other machines whose sessions this hub shows. */
export function HostsPage(): JSX.Element {
  const { hosts, isViewer } = useWorld();
  const { value, problem, reload } = useLive(hosts.list);
  /** The address with which the dialog begins, while it is open. */
  const adding = useSignal<string | undefined>(undefined);
  const add = (address = "") => void (adding.value = address);
  return (
    <div class="page hosts" aria-busy={value === undefined && problem === undefined || undefined}>
      {value?.length === 0 ? null : (
        <header class="hosts-head">
          <h1>Hosts</h1>
          {isViewer.value ? null : (
            <div class="buttons">
              <UpgradeAll hosts={value ?? []} />
              <Button kind="primary" icon="plus" onClick={() => add()}>Add a host</Button>
            </div>
          )}
        </header>
      )}
      {problem === undefined ? null : (
        <div class="problem project-problem" role="alert">
          <p>{sentence(problem)}</p>
          <Button onClick={reload}>Try again</Button>
        </div>
      )}
      {value === undefined
        ? problem === undefined ? <div class="skeleton" aria-hidden="true" /> : null
        : value.length === 0
        ? <NoHosts onAdd={add} />
        : <HostCards hosts={value} />}
      <KeyDialog />
      {adding.value === undefined ? null : <AddHost address={adding.value} onClose={() => adding.value = undefined} />}
    </div>
  );
}

function HostCards({ hosts }: { hosts: readonly Host[] }): JSX.Element {
  const filter = useSignal("");
  const only = useSignal<Host["state"] | undefined>(undefined);
  const found = hostsWith(hosts, filter.value);
  const shown = found.filter(({ state }) => only.value === undefined || state === only.value);
  return (
    <>
      {hosts.length < MANY ? null : <HostsFilter found={found} filter={filter} only={only} />}
      <ul class="host-list">
        {filter.value !== "" || only.value !== undefined ? null : (
          <li>
            <OwnCard />
          </li>
        )}
        {shown.map((host) => (
          <li key={host.name}>
            <HostCard host={host} />
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p class="muted">No host matches.</p> : null}
    </>
  );
}

function KeyDialog(): JSX.Element | null {
  const { value } = newHostKey;
  useEffect(() => () => void (newHostKey.value = undefined), []);
  if (value === undefined) return null;
  return <NewHostKey key={value.name} {...value} onClose={() => newHostKey.value = undefined} />;
}

/** Finds some of many hosts. */
function HostsFilter({ found, filter, only }: {
  found: readonly Host[];
  filter: Signal<string>;
  only: Signal<Host["state"] | undefined>;
}): JSX.Element {
  const counts = HOST_ORDER.map((state) => [state, found.filter((host) => host.state === state).length] as const);
  return (
    <div class="filter-bar">
      <label class="filter">
        <Icon name="search" />
        <input
          type="search"
          data-filter
          aria-label="Filter"
          placeholder="Filter by name or address"
          value={filter.value}
          onInput={({ currentTarget }) => filter.value = currentTarget.value}
        />
      </label>
      <div class="filter-chips" role="group" aria-label="Show only">
        {counts.filter(([state, count]) => count > 0 || only.value === state).map(([state, count]) => (
          <button
            key={state}
            type="button"
            class="filter-chip"
            aria-pressed={only.value === state}
            onClick={() => only.value = only.value === state ? undefined : state}
          >
            {HOST_STATES[state]} <span class="muted">{count}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** The machine of the hub, in a line: it needs no connection. */
function OwnCard(): JSX.Element {
  const { hosts, hub } = useWorld();
  const name = hosts.ownName.value;
  const count = [...hub.sessions.value.values()].filter((session) => hosts.of(session) === undefined).length;
  return (
    <div class="card host own">
      <div class="host-head">
        <Icon name="house" size={20} />
        <div class="host-names">
          <strong class="cut">{name}</strong>
          <span class="muted small">this hub</span>
        </div>
        <span class="host-own-sessions small">
          {count === 0 ? "no sessions" : <Link to={{ page: "home", host: name }}>{counted(count, "session")}</Link>}
        </span>
      </div>
      <HostLoad host={undefined} />
    </div>
  );
}

/** What the page is for, before there is any other machine. */
function NoHosts({ onAdd }: { onAdd: (address?: string) => void }): JSX.Element {
  const { api, isViewer } = useWorld();
  const suggested = newSuggestions(useLoaded(() => api.call("hosts.suggestions", {})).value ?? [], []);
  return (
    <div class="empty no-hosts">
      <Icon name="server" size={32} />
      <h1>Your other machines on this page</h1>
      <p>
        A host is a machine with a hub of its own. Its sessions appear here beside yours, and what they ask for is
        answered here. It is reached with your own ssh: nothing has to be opened to the network.
      </p>
      {isViewer.value ? <p class="small">You are signed in to look only: somebody else has to add hosts.</p> : (
        <>
          {suggested.length === 0
            ? null
            : (
              <div class="host-suggestions" role="group" aria-label="From your ssh configuration">
                {suggested.slice(0, MAX_SUGGESTED).map((name) => (
                  <Button
                    key={name}
                    icon="plus"
                    onClick={() => onAdd(name)}
                  >
                    {name}
                  </Button>
                ))}
              </div>
            )}
          <Button kind="primary" icon="plus" onClick={() => onAdd()}>Add a host</Button>
        </>
      )}
      <p class="small">
        or in a terminal: <code>claustrum host add box ssh://me@box</code>
      </p>
    </div>
  );
}

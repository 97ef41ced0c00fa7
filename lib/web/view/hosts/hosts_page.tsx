import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Host } from "../../../hosts/types.ts";
import { newSuggestions } from "../../state/host_form.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { counted, sentence } from "../text.ts";
import { useLive } from "../use_live.ts";
import { useLoaded } from "../use_loaded.ts";
import { AddHost } from "./add_host.tsx";
import { UpgradeAll } from "./host_installation.tsx";
import { HostCard } from "./host_card.tsx";

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
      {adding.value === undefined ? null : <AddHost address={adding.value} onClose={() => adding.value = undefined} />}
    </div>
  );
}

function HostCards({ hosts }: { hosts: readonly Host[] }): JSX.Element {
  return (
    <ul class="host-list">
      <li>
        <OwnCard />
      </li>
      {hosts.map((host) => (
        <li key={host.name}>
          <HostCard host={host} />
        </li>
      ))}
    </ul>
  );
}

/** The machine of the hub, in a line: it needs no connection. */
function OwnCard(): JSX.Element {
  const { hosts, hub } = useWorld();
  const name = hosts.ownName.value;
  const count = [...hub.sessions.value.values()].filter((session) => hosts.of(session) === undefined).length;
  return (
    <div class="card host own">
      <Icon name="house" size={20} />
      <strong class="cut">{name}</strong>
      <span class="muted small">this hub</span>
      <span class="host-own-sessions small">
        {count === 0 ? "no sessions" : <Link to={{ page: "home", host: name }}>{counted(count, "session")}</Link>}
      </span>
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

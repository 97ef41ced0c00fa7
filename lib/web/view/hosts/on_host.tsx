import type { ComponentChildren, JSX } from "preact";
import type { Host } from "../../../hosts/types.ts";
import { useWorld, type World, WorldProvider } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { HostAway } from "./host_away.tsx";

/** What belongs to a host, instead of to the hub itself: all that is in it is read and done there. */
export function OnHost({ host: name, children }: {
  /** The name; `undefined` for the hub itself. */
  host: string | undefined;
  children: ComponentChildren;
}): JSX.Element {
  const world = useWorld();
  const { hosts } = world;
  if (name === undefined) return <>{children}</>;
  if (!hosts.hasLoaded.value) return <div class="page" aria-busy="true" />;
  const host = hosts.of({ host: name });
  // A link may name the hub itself.
  if (host === undefined) return name === hosts.ownName.value ? <>{children}</> : <NoHost name={name} />;
  return (
    <WorldProvider value={world.on(name)}>
      {host.state === "up" ? null : <AwayBar host={host} world={world} />}
      {children}
    </WorldProvider>
  );
}

function AwayBar({ host, world: { api, hosts, isViewer } }: { host: Host; world: World }): JSX.Element {
  const retry = async () => hosts.put(await api.call("hosts.retry", { host_name: host.name }));
  return (
    <div class="host-bar on-top" role="status">
      <span>
        <HostAway host={host} /> What is below is as it was then, and cannot be changed.
      </span>
      {host.line === "ssh" ? <Button kind="quiet" disabled={isViewer.value} onClick={retry}>Try again</Button> : null}
      <Link to={{ page: "hosts" }}>Hosts</Link>
    </div>
  );
}

function NoHost({ name }: { name: string }): JSX.Element {
  return (
    <div class="empty">
      <h1>No such host</h1>
      <p>This hub knows no host {name}. It may have been removed, or has another name now.</p>
      <Link to={{ page: "hosts" }} class="button primary">Hosts</Link>
    </div>
  );
}

import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { PendingPermission } from "../../../sessions/types.ts";
import type { HostList } from "../../state/hosts.ts";
import { LastActivity } from "../../state/last_activity.ts";
import { filteredExternal, filteredInstances, filteredProjects, wordsOf } from "../../state/project_filter.ts";
import { type GroupName, GROUPS, groupsOf } from "../../state/session_groups.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { useLive } from "../use_live.ts";
import { HostFilter } from "../hosts/host_filter.tsx";
import { MAX_PLACES, type Placed, usePlaces } from "../hosts/use_places.ts";
import { ExternalGroup, ProjectGroup, RemoteGroup } from "./more_groups.tsx";
import { GROUP_NAMES, SessionGroupView } from "./session_group.tsx";

/** A group of Home: sessions that do the same, or what else there is. */
type HomeGroup = GroupName | "projects" | "remote" | "external";

/** What the other groups are called. */
const MORE_NAMES = { projects: "Projects", remote: "Remote control", external: "Elsewhere" } as const;
const ALL_GROUPS: readonly HomeGroup[] = [...GROUPS, "projects", "remote", "external"];

/**
 * All sessions, by what they do, then projects and remote control, with a filter.
 *
 * @param host The host whose sessions are wanted.
 */
export function SessionList({ host }: { host?: string | undefined }): JSX.Element {
  const { api, hosts, hub, router } = useWorld();
  const filter = useSignal("");
  const only = useSignal<HomeGroup | undefined>(undefined);
  const last = useMemo(() => new LastActivity(api, hub), [api, hub]);
  const sessions = hub.sessions.value;
  const groups = useMemo(() => groupsOf(sessions.values(), filter.value, host), [sessions, filter.value, host]);
  const isOwn = host === undefined || host === hosts.ownName.value;
  const showsHost = hosts.isUsed.value && host === undefined;
  const permissions = useMemo(() => oldestOf(hub.permissions.value), [hub.permissions.value]);
  const more = useMore(filter.value, placesOf(hosts, host));
  const counts = new Map<HomeGroup, number>([
    ...groups.map(({ name, sessions }) => [name, sessions.length] as const),
    ...more.counts,
  ]);
  const isShown = (name: HomeGroup) => only.value === undefined || only.value === name;
  const isFiltered = only.value !== undefined || filter.value !== "" || host !== undefined;
  const clear = () => {
    if (host !== undefined) router.go({ page: "home" }, { replaces: true });
    filter.value = "";
    only.value = undefined;
  };
  // Where there is nothing yet, there is nothing to look for.
  const hasFilter = isFiltered || [...counts.values()].some((count) => count > 0);
  const hasMatch = [...counts].some(([name, count]) => count > 0 && isShown(name));
  return (
    <div class="session-list">
      <div class="filter-bar" hidden={!hasFilter}>
        <label class="filter">
          <Icon name="search" />
          <input
            type="search"
            data-filter
            aria-label="Filter"
            placeholder="Filter by name, directory or model"
            value={filter.value}
            onInput={({ currentTarget }) => filter.value = currentTarget.value}
            onKeyDown={(event) => {
              if (event.key === "Escape") event.currentTarget.blur();
            }}
          />
        </label>
        <HostFilter host={host} />
        <Chips counts={counts} only={only} />
      </div>
      {isFiltered && !hasMatch
        ? (
          <div class="no-match">
            <p>Nothing matches.</p>
            <Button onClick={clear}>Show all</Button>
          </div>
        )
        : null}
      {groups.filter(({ name }) => isShown(name)).map((group) => (
        <SessionGroupView
          key={group.name}
          group={group}
          isAlone={only.value === group.name || filter.value !== ""}
          activity={hub.activity.value}
          permissions={permissions}
          showsHost={showsHost}
          last={last}
        />
      ))}
      {isShown("projects")
        ? (
          <ProjectGroup
            loaded={more.projects}
            shown={more.shownProjects}
            host={isOwn ? undefined : host}
            showsHost={showsHost}
            isFiltered={filter.value !== ""}
          />
        )
        : null}
      {isShown("remote") ? <RemoteGroup instances={more.instances} showsHost={showsHost} /> : null}
      {isShown("external") ? <ExternalGroup sessions={more.external} showsHost={showsHost} /> : null}
    </div>
  );
}

/**
 * Returns the machines of which projects and remote control are shown; `undefined` stands for the hub itself.
 *
 * @param host The host that was chosen; `undefined` if none was.
 */
function placesOf(hosts: HostList, host: string | undefined): readonly (string | undefined)[] {
  if (host !== undefined) return [host === hosts.ownName.value ? undefined : host];
  const known = (hosts.list.value.value ?? []).filter(({ state }) => state === "up").map(({ name }) => name);
  return known.length > MAX_PLACES ? [undefined] : [undefined, ...known];
}

/**
 * What there is besides sessions, as far as the words of the filter occur in it.
 *
 * @param places The machines of which it is wanted.
 */
function useMore(filter: string, places: readonly (string | undefined)[]) {
  const world = useWorld();
  const [first] = places;
  const list = useLive((first === undefined ? world : world.on(first)).projects.list);
  const words = wordsOf(filter);
  const shownProjects = filtered(
    usePlaces(places, ({ list }) => list, ({ projects }) => projects),
    (projects) => filteredProjects(projects, words),
  );
  const instances = filtered(
    usePlaces(places, ({ instances }) => instances, (instances) => instances),
    (instances) => filteredInstances(instances, words),
  );
  const external = filtered(
    usePlaces(places, ({ external }) => external, (external) => external),
    (external) => filteredExternal(external, words),
  );
  const counts = [
    ["projects", shownProjects.length],
    ["remote", instances.length],
    ["external", external.length],
  ] as const;
  return { projects: list, shownProjects, instances, external, counts };
}

/** Filters what several machines have as if it were in one list. */
function filtered<T>(placed: readonly Placed<T>[], filter: (things: readonly T[]) => readonly T[]): Placed<T>[] {
  const places = new Map(placed.map((each) => [each.thing, each]));
  return filter([...places.keys()]).map((thing) => places.get(thing)!);
}

/** Buttons that show one group alone. */
function Chips({ counts, only }: {
  counts: ReadonlyMap<HomeGroup, number>;
  only: Signal<HomeGroup | undefined>;
}): JSX.Element {
  return (
    <div class="filter-chips" role="group" aria-label="Show only">
      {ALL_GROUPS.filter((name) => (counts.get(name) ?? 0) > 0 || only.value === name).map((name) => (
        <button
          key={name}
          type="button"
          class="filter-chip"
          aria-pressed={only.value === name}
          onClick={() => only.value = only.value === name ? undefined : name}
        >
          {nameOf(name)} <span class="muted">{counts.get(name) ?? 0}</span>
        </button>
      ))}
    </div>
  );
}

function nameOf(group: HomeGroup): string {
  if (group === "waiting") return "Waiting";
  return group === "projects" || group === "remote" || group === "external" ? MORE_NAMES[group] : GROUP_NAMES[group];
}

function oldestOf(permissions: readonly PendingPermission[]): ReadonlyMap<string, PendingPermission> {
  return new Map(permissions.toReversed().map((permission) => [permission.session, permission]));
}

import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { PendingPermission } from "../../../sessions/types.ts";
import { LastActivity } from "../../state/last_activity.ts";
import { filteredExternal, filteredInstances, filteredProjects, wordsOf } from "../../state/project_filter.ts";
import { type GroupName, GROUPS, groupsOf } from "../../state/session_groups.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { useLive } from "../use_live.ts";
import { HostFilter } from "../hosts/host_filter.tsx";
import { useFarInstances } from "../hosts/use_far_instances.ts";
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
  const permissions = useMemo(() => oldestOf(hub.permissions.value), [hub.permissions.value]);
  const more = useMore(filter.value, isOwn ? undefined : host);
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
          showsHost={hosts.isUsed.value && host === undefined}
          last={last}
        />
      ))}
      {isShown("projects") && isOwn
        ? <ProjectGroup loaded={more.projects} shown={more.shownProjects} isFiltered={filter.value !== ""} />
        : null}
      {isShown("remote") ? <RemoteGroup instances={more.instances} isFar={!isOwn} /> : null}
      {isShown("external") ? <ExternalGroup sessions={more.external} /> : null}
    </div>
  );
}

/**
 * What there is besides sessions, as far as the words of the filter occur in it.
 *
 * @param host Another host, of which it is wanted. @default {the hub itself}
 */
function useMore(filter: string, host: string | undefined) {
  const { projects } = useWorld();
  const isOwn = host === undefined;
  const farInstances = useFarInstances(host);
  const list = useLive(projects.list);
  const allInstances = useLive(projects.instances).value ?? [];
  const allExternal = useLive(projects.external).value ?? [];
  const words = wordsOf(filter);
  const shownProjects = isOwn ? filteredProjects(list.value?.projects ?? [], words) : [];
  const instances = filteredInstances(isOwn ? allInstances : farInstances, words);
  const external = isOwn ? filteredExternal(allExternal, words) : [];
  const counts = [
    ["projects", shownProjects.length],
    ["remote", instances.length],
    ["external", external.length],
  ] as const;
  return { projects: list, shownProjects, instances, external, counts };
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

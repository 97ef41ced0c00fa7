import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { PendingPermission } from "../../../sessions/types.ts";
import { LastActivity } from "../../state/last_activity.ts";
import { type GroupName, GROUPS, groupsOf } from "../../state/session_groups.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { GROUP_NAMES, SessionGroupView } from "./session_group.tsx";

/** All sessions, by what they do, with a filter. */
export function SessionList(): JSX.Element {
  const { api, hub } = useWorld();
  const filter = useSignal("");
  const only = useSignal<GroupName | undefined>(undefined);
  const last = useMemo(() => new LastActivity(api, hub), [api, hub]);
  const sessions = hub.sessions.value;
  const groups = useMemo(() => groupsOf(sessions.values(), filter.value), [sessions, filter.value]);
  const showsHost = useMemo(() => new Set([...sessions.values()].map(({ host }) => host)).size > 1, [sessions]);
  const permissions = useMemo(() => oldestOf(hub.permissions.value), [hub.permissions.value]);
  const shown = groups.filter(({ name }) => only.value === undefined || name === only.value);
  const clear = () => {
    filter.value = "";
    only.value = undefined;
  };
  return (
    <div class="session-list">
      <div class="filter-bar">
        <label class="filter">
          <Icon name="search" />
          <input
            type="search"
            data-filter
            aria-label="Filter the sessions"
            placeholder="Filter by name, directory or model"
            value={filter.value}
            onInput={({ currentTarget }) => filter.value = currentTarget.value}
            onKeyDown={(event) => {
              if (event.key === "Escape") event.currentTarget.blur();
            }}
          />
        </label>
        <Chips counts={new Map(groups.map(({ name, sessions }) => [name, sessions.length]))} only={only} />
      </div>
      {shown.length === 0
        ? (
          <div class="no-match">
            <p>No session matches.</p>
            <Button onClick={clear}>Show all</Button>
          </div>
        )
        : null}
      {shown.map((group) => (
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
    </div>
  );
}

/** Buttons that show one group alone. */
function Chips({ counts, only }: {
  counts: ReadonlyMap<GroupName, number>;
  only: { value: GroupName | undefined };
}): JSX.Element {
  return (
    <div class="filter-chips" role="group" aria-label="Show only">
      {GROUPS.filter((name) => counts.has(name) || only.value === name).map((name) => (
        <button
          key={name}
          type="button"
          class="filter-chip"
          aria-pressed={only.value === name}
          onClick={() => only.value = only.value === name ? undefined : name}
        >
          {name === "waiting" ? "Waiting" : GROUP_NAMES[name]} <span class="muted">{counts.get(name) ?? 0}</span>
        </button>
      ))}
    </div>
  );
}

function oldestOf(permissions: readonly PendingPermission[]): ReadonlyMap<string, PendingPermission> {
  return new Map(permissions.toReversed().map((permission) => [permission.session, permission]));
}

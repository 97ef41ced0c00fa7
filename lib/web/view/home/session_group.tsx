import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PendingPermission } from "../../../sessions/types.ts";
import type { LastActivity } from "../../state/last_activity.ts";
import type { GroupName, SessionGroup } from "../../state/session_groups.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { SessionCard } from "./session_card.tsx";

/** How many cards are drawn before somebody asks for more, and with each time. */
const STEP = 30;
/** With more stopped sessions than this, they are folded. */
const MANY_STOPPED = 6;

/** What the groups are called. */
export const GROUP_NAMES: Readonly<Record<GroupName, string>> = {
  active: "Working",
  waiting: "Needs you",
  idle: "Idle",
  interactive: "In a terminal",
  stopped: "Stopped",
};

/** Sessions that do the same, as cards. */
export function SessionGroupView({ group: { name, sessions }, isAlone, activity, permissions, showsHost, last }: {
  group: SessionGroup;
  /** Whether somebody chose to see this group, or filters the sessions. */
  isAlone: boolean;
  activity: ReadonlyMap<string, string>;
  /** The oldest permission of each session. */
  permissions: ReadonlyMap<string, PendingPermission>;
  showsHost: boolean;
  last: LastActivity;
}): JSX.Element {
  const { hosts } = useWorld();
  const count = useSignal(STEP);
  const isFolded = useSignal(true);
  const canFold = name === "stopped" && sessions.length > MANY_STOPPED && !isAlone;
  const shown = canFold && isFolded.value ? [] : sessions.slice(0, count.value);
  const id = `group-${name}`;
  return (
    <section class="session-group" aria-labelledby={id}>
      <div class="session-group-head">
        <h2 id={id}>
          {name === "waiting" ? "Waiting" : GROUP_NAMES[name]} <span class="muted">{sessions.length}</span>
        </h2>
        {canFold
          ? (
            <Button kind="quiet" onClick={() => void (isFolded.value = !isFolded.value)}>
              {isFolded.value ? "Show" : "Hide"}
            </Button>
          )
          : null}
      </div>
      {shown.length === 0 ? null : (
        <ul class="session-cards">
          {shown.map((session) => (
            <li key={session.id}>
              <SessionCard
                session={session}
                activity={activity.get(session.id)}
                permission={permissions.get(session.id)}
                showsHost={showsHost}
                away={hosts.awayHostOf(session)}
                last={last}
              />
            </li>
          ))}
        </ul>
      )}
      {shown.length > 0 && shown.length < sessions.length
        ? (
          <Button kind="quiet" onClick={() => void (count.value += STEP)}>
            Show {Math.min(STEP, sessions.length - shown.length)} more
          </Button>
        )
        : null}
    </section>
  );
}

import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Session } from "../../../sessions/types.ts";
import { Button, Link } from "../controls.tsx";
import { Status } from "../status.tsx";
import { money, pathWithin, shortModel } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { ProcessUse } from "./process_use.tsx";
import { Section } from "./section.tsx";

/** How many sessions are shown before somebody asks for all. */
const SHOWN = 6;

/** The sessions whose agents work in a project. */
export function ProjectSessions({ sessions, path }: { sessions: readonly Session[]; path: string }): JSX.Element {
  const showsAll = useSignal(false);
  const isOver = ({ status }: Session) => status === "stopped" || status === "error";
  const sorted = [...sessions.filter((each) => !isOver(each)), ...sessions.filter(isOver)];
  const shown = showsAll.value ? sorted : sorted.slice(0, SHOWN);
  return (
    <Section id="sessions" title="Sessions" count={sessions.length}>
      {sessions.length === 0 ? <p class="card nothing">No session works here.</p> : (
        <ul class="card rows">
          {shown.map((session) => <SessionRow key={session.id} session={session} project={path} />)}
        </ul>
      )}
      {shown.length === sorted.length
        ? null
        : <Button kind="quiet" onClick={() => void (showsAll.value = true)}>Show all {sorted.length}</Button>}
    </Section>
  );
}

function SessionRow({ session, project }: { session: Session; project: string }): JSX.Element {
  const isOver = session.status === "stopped" || session.status === "error";
  return (
    <li class="row">
      <Link to={{ page: "session", session: session.id }} class="row-main" isCard>
        <span class="row-title">
          <strong class="cut">{session.name}</strong>
          <Status session={session} />
        </span>
        <span class="row-facts">
          {session.path === project ? null : <span class="cut mono">{pathWithin(session.path, project)}</span>}
          {session.model === null ? null : <span>{shortModel(session.model)}</span>}
          {session.cost_usd === 0 ? null : <span>{money(session.cost_usd)}</span>}
          <TimeAgo at={session.updated_at} />
        </span>
      </Link>
      {isOver ? null : <ProcessUse kind="session" id={session.id} isSmall />}
    </li>
  );
}

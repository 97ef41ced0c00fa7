import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { ProjectDetails } from "../../../projects/types.ts";
import { sessionsIn } from "../../state/project_filter.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { sentence } from "../text.ts";
import { useLive } from "../use_live.ts";
import { ClaudeMdEditor } from "./claude_md_editor.tsx";
import { History } from "./history.tsx";
import { PastConversationView } from "./past_conversation.tsx";
import { ProjectHeader } from "./project_header.tsx";
import { ProjectSessions } from "./project_sessions.tsx";
import { RemoteControl } from "./remote_control.tsx";
import { UsageSection } from "./usage_section.tsx";
import { Worktrees } from "./worktrees.tsx";

/** A project: what runs there, and everything that a person does about it. */
export function ProjectPage({ name, conversation }: { name: string; conversation?: string }): JSX.Element {
  const { hosts, projects } = useWorld();
  const live = useMemo(() => projects.details(name), [projects, name]);
  const away = hosts.awayHostOf({ host: projects.host ?? "" });
  const { value, problem, reload } = useLive(live);
  if (value === undefined) {
    if (away !== undefined) return <Unknown name={name} />;
    return problem === undefined ? <Skeleton /> : <NoProject problem={problem} onRetry={reload} />;
  }
  if (conversation !== undefined) return <PastConversationView project={value} id={conversation} />;
  return <WholeProject project={value} />;
}

function WholeProject({ project }: { project: ProjectDetails }): JSX.Element {
  const { hosts, hub, projects } = useWorld();
  // Another host may have a directory of the same path.
  const there = hub.newestFirst.value.filter((session) => hosts.nameOf(session) === projects.host);
  const sessions = sessionsIn(there, project.path);
  const instances = useLive(projects.instances);
  const shown = instances.value?.filter((instance) => instance.project === project.name);
  return (
    <div class="page project">
      <ProjectHeader project={project} />
      <Jumps project={project} />
      <div class="project-parts">
        <div class="project-main">
          <ProjectSessions sessions={sessions} path={project.path} />
          <RemoteControl project={project} loaded={{ ...instances, value: shown }} />
          <ClaudeMdEditor project={project} />
          <History project={project} />
        </div>
        <div class="project-side">
          <UsageSection project={project} />
          <Worktrees project={project} sessions={sessions} />
        </div>
      </div>
    </div>
  );
}

const JUMPS: readonly (readonly [id: string, name: string])[] = [
  ["sessions", "Sessions"],
  ["remote", "Remote control"],
  ["claude-md", "CLAUDE.md"],
  ["history", "History"],
  ["usage", "Usage"],
];

/** Leads to the parts of the page, which is long on a phone. */
function Jumps({ project }: { project: ProjectDetails }): JSX.Element {
  const jump = (id: string) => {
    const part = document.getElementById(id);
    part?.scrollIntoView({ block: "start" });
    part?.focus({ preventScroll: true });
  };
  return (
    <nav class="project-jumps" aria-label={`Parts of ${project.name}`}>
      {JUMPS.map(([id, name]) => (
        <button key={id} type="button" class="filter-chip" onClick={() => jump(id)}>{name}</button>
      ))}
    </nav>
  );
}

function Skeleton(): JSX.Element {
  return (
    <div class="page project" aria-busy="true">
      <p class="hidden-text" role="status">Loading</p>
      <div class="skeleton project-skeleton" aria-hidden="true" />
      <div class="skeleton project-part-skeleton" aria-hidden="true" />
      <div class="skeleton project-part-skeleton" aria-hidden="true" />
    </div>
  );
}

/** A project of a host that was not reached since the page was opened. */
function Unknown({ name }: { name: string }): JSX.Element {
  return (
    <div class="empty">
      <h1>{name}</h1>
      <p>It is shown as soon as its host can be reached again.</p>
      <Link to={{ page: "home" }} class="button primary">Go home</Link>
    </div>
  );
}

function NoProject({ problem, onRetry }: { problem: string; onRetry: () => Promise<void> }): JSX.Element {
  return (
    <div class="empty">
      <h1>No such project</h1>
      <p>{sentence(problem)}</p>
      <div class="buttons">
        <Button onClick={onRetry}>Try again</Button>
        <Link to={{ page: "home" }} class="button primary">Go home</Link>
      </div>
    </div>
  );
}

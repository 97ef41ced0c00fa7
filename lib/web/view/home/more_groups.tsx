import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Project, ProjectList, SkippedProject } from "../../../projects/types.ts";
import type { ExternalSession, Instance } from "../../../remote/types.ts";
import { kindOf } from "../../state/instance_text.ts";
import { Button, Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { InstanceStatus } from "../project/instance_status.tsx";
import { CopyField } from "../settings/copy_field.tsx";
import { baseName, counted, sentence, shortPath } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import type { Loaded } from "../use_loaded.ts";
import { VisibleText } from "../visible_text.tsx";
import { ProjectCard } from "./project_card.tsx";

/** How many cards are drawn before somebody asks for more, and with each time. */
const STEP = 30;
/** Where agents work is a matter of taste; this is what the line to write looks like. */
const ROOT_LINE = 'projects.root = "/home/me/src"';

/** The projects as cards, and why there are none. */
export function ProjectGroup({ loaded, shown, isFiltered }: {
  loaded: Loaded<ProjectList>;
  shown: readonly Project[];
  isFiltered: boolean;
}): JSX.Element | null {
  const { value, problem, reload } = loaded;
  if (value === undefined && problem === undefined) return <ProjectSkeleton />;
  if (isFiltered && shown.length === 0) return null;
  return (
    <section class="session-group" aria-labelledby="group-projects">
      <div class="session-group-head">
        <h2 id="group-projects">
          Projects {value?.root === undefined ? null : <span class="muted">{shown.length}</span>}
        </h2>
        {value?.root === undefined ? null : (
          <Link to={{ page: "new-project" }} class="button quiet">
            <Icon name="plus" /> New project
          </Link>
        )}
      </div>
      {problem === undefined ? null : (
        <div class="problem project-problem" role="alert">
          <p>{sentence(problem)}</p>
          <Button onClick={reload}>Try again</Button>
        </div>
      )}
      {value === undefined
        ? null
        : value.root === undefined
        ? <NoRoot />
        : value.projects.length === 0
        ? <NoProjects root={value.root} />
        : <ProjectCards projects={shown} />}
      {value === undefined || isFiltered ? null : <Skipped skipped={value.skipped} />}
    </section>
  );
}

function ProjectSkeleton(): JSX.Element {
  return (
    <div class="session-cards" aria-busy="true">
      {[1, 2, 3].map((i) => <div key={i} class="skeleton project-skeleton" aria-hidden="true" />)}
    </div>
  );
}

function NoRoot(): JSX.Element {
  return (
    <div class="card no-root">
      <p>
        No directory of projects is configured. With this line in{" "}
        <code>hub.toml</code>, each directory in it is a project:
      </p>
      <CopyField label="The line for hub.toml" text={ROOT_LINE} />
      <p class="muted small">
        Then run <code>claustrum hub stop</code> and <code>claustrum hub start</code>: agents run on meanwhile.
      </p>
    </div>
  );
}

function NoProjects({ root }: { root: string }): JSX.Element {
  return (
    <div class="card no-root">
      <p>
        There is no project in <code>{root}</code> yet.
      </p>
      <Link to={{ page: "new-project" }} class="button primary">Create or clone one</Link>
    </div>
  );
}

function ProjectCards({ projects }: { projects: readonly Project[] }): JSX.Element {
  return <Cards step={STEP} items={projects.map((project) => <ProjectCard key={project.name} project={project} />)} />;
}

/** What is in the root and no project, and why: nothing is missing in silence. */
function Skipped({ skipped }: { skipped: readonly SkippedProject[] }): JSX.Element | null {
  if (skipped.length === 0) return null;
  return (
    <details class="more skipped">
      <summary>{counted(skipped.length, "directory is no project", "directories are no projects")}</summary>
      <ul>
        {skipped.map(({ name, reason }) => (
          <li key={name}>
            <code>
              <VisibleText text={name} />
            </code>{" "}
            <span class="muted">{sentence(reason)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/**
 * Remote control of all projects, as cards.
 *
 * @param isFar Whether it is that of another host, whose projects have no page here.
 */
export function RemoteGroup({ instances, isFar }: {
  instances: readonly Instance[];
  isFar: boolean;
}): JSX.Element | null {
  if (instances.length === 0) return null;
  return (
    <section class="session-group" aria-labelledby="group-remote">
      <div class="session-group-head">
        <h2 id="group-remote">
          Remote control <span class="muted">{instances.length}</span>
        </h2>
      </div>
      <Cards
        step={STEP}
        items={instances.map((instance) =>
          isFar
            ? (
              <div key={instance.id} class="card project-card external">
                <RemoteFacts instance={instance} />
              </div>
            )
            : (
              <Link
                key={instance.id}
                to={{ page: "project", project: instance.project }}
                class="card project-card"
                isCard
              >
                <RemoteFacts instance={instance} />
              </Link>
            )
        )}
      />
    </section>
  );
}

function RemoteFacts({ instance }: { instance: Instance }): JSX.Element {
  return (
    <>
      <span class="card-head">
        <span class="card-name cut">{instance.name}</span>
        <InstanceStatus instance={instance} />
      </span>
      <span class="card-place">
        <span class="cut">
          {instance.name === instance.project ? "" : `${instance.project} · `}
          {kindOf(instance)}
        </span>
      </span>
      <span class="card-facts">
        {instance.restarts === 0 ? null : <span>{counted(instance.restarts, "restart")}</span>}
        <span class="card-time">
          <TimeAgo at={instance.ended_at ?? instance.started_at} />
        </span>
      </span>
    </>
  );
}

/** What runs outside of the hub: it can only be seen. */
export function ExternalGroup({ sessions }: { sessions: readonly ExternalSession[] }): JSX.Element | null {
  if (sessions.length === 0) return null;
  return (
    <section class="session-group" aria-labelledby="group-external">
      <div class="session-group-head">
        <h2 id="group-external">
          Elsewhere <span class="muted">{sessions.length}</span>
        </h2>
        <p class="muted small">Agents that were started without the hub</p>
      </div>
      <Cards step={STEP} items={sessions.map((session) => <ExternalCard key={session.pid} session={session} />)} />
    </section>
  );
}

function ExternalCard({ session }: { session: ExternalSession }): JSX.Element {
  const { pid, project, path, name, status, started_at } = session;
  const facts = (
    <>
      <span class="card-head">
        <span class="card-name cut">
          <VisibleText text={name ?? project ?? baseName(path)} />
        </span>
        <span class="chip">Elsewhere</span>
      </span>
      <span class="card-place">
        <span class="cut" title={path}>{shortPath(path)}</span>
      </span>
      <span class="card-facts">
        <span>process {pid}</span>
        {status === undefined ? null : (
          <span class="cut">
            <VisibleText text={status} />
          </span>
        )}
        {started_at === undefined ? null : (
          <span class="card-time">
            <TimeAgo at={started_at} />
          </span>
        )}
      </span>
    </>
  );
  if (project === null) return <div class="card project-card external">{facts}</div>;
  return <Link to={{ page: "project", project }} class="card project-card external" isCard>{facts}</Link>;
}

/** Cards side by side; with many, a part of them. */
function Cards({ items, step }: { items: readonly ComponentChildren[]; step: number }): JSX.Element {
  const count = useSignal(step);
  const shown = items.slice(0, count.value);
  return (
    <>
      <ul class="session-cards">
        {shown.map((item, i) => <li key={i}>{item}</li>)}
      </ul>
      {shown.length < items.length
        ? (
          <Button kind="quiet" onClick={() => void (count.value += step)}>
            Show {Math.min(step, items.length - shown.length)} more
          </Button>
        )
        : null}
    </>
  );
}

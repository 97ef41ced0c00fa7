import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Project, ProjectList, SkippedProject } from "../../../projects/types.ts";
import type { ExternalSession, Instance } from "../../../remote/types.ts";
import { kindOf } from "../../state/instance_text.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import type { Placed } from "../hosts/use_places.ts";
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
export function ProjectGroup({ loaded, shown, host, showsHost, isFiltered }: {
  /** The projects of the hub itself, or of the host that was chosen. */
  loaded: Loaded<ProjectList>;
  /** What is shown of all machines. */
  shown: readonly Placed<Project>[];
  /** The host that was chosen; `undefined` for the hub itself. */
  host: string | undefined;
  showsHost: boolean;
  isFiltered: boolean;
}): JSX.Element | null {
  const { value, problem, reload } = loaded;
  const { hosts } = useWorld();
  const isAway = hosts.awayHostOf({ host: host ?? "" }) !== undefined;
  if (value === undefined && problem === undefined) return isAway ? null : <ProjectSkeleton />;
  if (isFiltered && shown.length === 0) return null;
  const on = host === undefined ? {} : { host };
  return (
    <section class="session-group" aria-labelledby="group-projects">
      <div class="session-group-head">
        <h2 id="group-projects">
          Projects {value?.root === undefined && shown.length === 0 ? null : <span class="muted">{shown.length}</span>}
        </h2>
        {value?.root === undefined ? null : (
          <Link to={{ page: "new-project", ...on }} class="button quiet">
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
      {shown.length > 0
        ? <ProjectCards projects={shown} showsHost={showsHost} />
        : value === undefined
        ? null
        : value.root === undefined
        ? <NoRoot host={host} />
        : value.projects.length === 0
        ? <NoProjects root={value.root} host={host} />
        : null}
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

function NoRoot({ host }: { host: string | undefined }): JSX.Element {
  return (
    <div class="card no-root">
      <p>
        No directory of projects is configured{host === undefined ? "" : ` on ${host}`}. With this line in{" "}
        <code>hub.toml</code>, each directory in it is a project:
      </p>
      <CopyField label="The line for hub.toml" text={ROOT_LINE} />
      <p class="muted small">
        Then run{host === undefined ? "" : " there"} <code>claustrum hub stop</code> and{" "}
        <code>claustrum hub start</code>: agents run on meanwhile.
      </p>
    </div>
  );
}

function NoProjects({ root, host }: { root: string; host: string | undefined }): JSX.Element {
  return (
    <div class="card no-root">
      <p>
        There is no project in <code>{root}</code> yet.
      </p>
      <Link to={{ page: "new-project", ...(host === undefined ? {} : { host }) }} class="button primary">
        Create or clone one
      </Link>
    </div>
  );
}

function ProjectCards({ projects, showsHost }: {
  projects: readonly Placed<Project>[];
  showsHost: boolean;
}): JSX.Element {
  return (
    <Cards
      step={STEP}
      items={projects.map(({ host, thing }) => (
        <ProjectCard key={`${host ?? ""}/${thing.name}`} project={thing} host={host} showsHost={showsHost} />
      ))}
    />
  );
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

/** Remote control of all projects, as cards. */
export function RemoteGroup({ instances, showsHost }: {
  instances: readonly Placed<Instance>[];
  showsHost: boolean;
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
        items={instances.map(({ host, thing }) => (
          <Link
            key={thing.id}
            to={{ page: "project", project: thing.project, ...(host === undefined ? {} : { host }) }}
            class="card project-card"
            isCard
          >
            <RemoteFacts instance={thing} host={showsHost ? host : undefined} />
          </Link>
        ))}
      />
    </section>
  );
}

function RemoteFacts({ instance, host }: { instance: Instance; host: string | undefined }): JSX.Element {
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
        {host === undefined ? null : <span class="card-host">on {host}</span>}
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
export function ExternalGroup({ sessions, showsHost }: {
  sessions: readonly Placed<ExternalSession>[];
  showsHost: boolean;
}): JSX.Element | null {
  if (sessions.length === 0) return null;
  return (
    <section class="session-group" aria-labelledby="group-external">
      <div class="session-group-head">
        <h2 id="group-external">
          Elsewhere <span class="muted">{sessions.length}</span>
        </h2>
        <p class="muted small">Agents that were started without the hub</p>
      </div>
      <Cards
        step={STEP}
        items={sessions.map(({ host, thing }) => (
          <ExternalCard key={`${host ?? ""}/${thing.pid}`} session={thing} host={host} showsHost={showsHost} />
        ))}
      />
    </section>
  );
}

function ExternalCard({ session, host, showsHost }: {
  session: ExternalSession;
  host: string | undefined;
  showsHost: boolean;
}): JSX.Element {
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
        {showsHost && host !== undefined ? <span class="card-host">on {host}</span> : null}
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
  const to = { page: "project", project, ...(host === undefined ? {} : { host }) } as const;
  return <Link to={to} class="card project-card external" isCard>{facts}</Link>;
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

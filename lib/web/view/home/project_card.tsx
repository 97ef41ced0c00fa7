import type { JSX } from "preact";
import type { Project } from "../../../projects/types.ts";
import { Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { brief, counted, money } from "../text.ts";
import { allTokens } from "../../state/usage_plot.ts";

/** A project in a few lines, as a link to it. */
export function ProjectCard({ project, host, showsHost }: {
  project: Project;
  /** The host that has it; `undefined` for the hub itself. */
  host: string | undefined;
  showsHost: boolean;
}): JSX.Element {
  const to = { page: "project", project: project.name, ...(host === undefined ? {} : { host }) } as const;
  return (
    <Link to={to} class="card project-card" isCard>
      <span class="card-head">
        <span class="card-name cut">{project.name}</span>
        {project.trust === "trusted" ? null : <span class="chip warn">Not trusted</span>}
      </span>
      <span class="card-line">
        <GitLine project={project} />
        {showsHost && host !== undefined ? <span class="card-host">on {host}</span> : null}
      </span>
      <ProjectFacts project={project} />
    </Link>
  );
}

/** The branch of a project, and how much differs from its last commit. */
export function GitLine({ project: { is_git_repo, branch, changes } }: { project: Project }): JSX.Element {
  if (!is_git_repo) return <span class="card-place">No git repository</span>;
  return (
    <span class="card-place git-line">
      <Icon name="git-branch" size={14} />
      <span class="cut" title={branch ?? undefined}>{branch ?? "…"}</span>
      {changes === null
        ? null
        : changes === 0
        ? <span class="git-clean">clean</span>
        : <span class="git-changes">{counted(changes, "change")}</span>}
    </span>
  );
}

function ProjectFacts({ project: { sessions, remote = [], usage } }: { project: Project }): JSX.Element {
  return (
    <span class="card-facts">
      <span>{sessions === 0 ? "no sessions" : counted(sessions, "session")}</span>
      {remote.length === 0 ? null : <span class="remote-on">remote control</span>}
      {usage === undefined ? null : (
        <span class="card-time" title="About, from the transcripts">
          {usage.cost_usd === null ? `${brief(allTokens(usage.tokens))} tokens` : `about ${money(usage.cost_usd)}`}
        </span>
      )}
    </span>
  );
}

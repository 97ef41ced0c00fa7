import type { JSX } from "preact";
import type { ProjectDetails } from "../../../projects/types.ts";
import { openNewSession } from "../../state/dialogs.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { GitLine } from "../home/project_card.tsx";
import { Icon } from "../icon.tsx";

/** The name of a project, how its files stand, and whether it is trusted. */
export function ProjectHeader({ project }: { project: ProjectDetails }): JSX.Element {
  const { projects: { host }, isViewer } = useWorld();
  return (
    <header class="project-header">
      <Link to={{ page: "home", ...(host === undefined ? {} : { host }) }} class="back-link">
        <Icon name="arrow-left" /> {host ?? "Home"}
      </Link>
      <div class="project-title">
        <div class="project-names">
          <h1>{project.name}</h1>
          <p class="muted small">
            <span class="mono">{project.path}</span>
            {host === undefined ? null : ` on ${host}`}
          </p>
        </div>
        <Button kind="primary" icon="plus" disabled={isViewer.value} onClick={() => openNewSession(project.path, host)}>
          New session here
        </Button>
      </div>
      <p class="project-facts">
        <GitLine project={project} />
        {project.trust === "trusted" ? <span class="chip good" data-trust="trusted">Trusted</span> : null}
        {project.allow_bypass_permissions ? <span class="chip warn">May bypass permissions</span> : null}
      </p>
      {project.trust === "trusted" ? null : <Untrusted project={project} />}
    </header>
  );
}

/** Says what trust means before somebody gives it. */
function Untrusted({ project }: { project: ProjectDetails }): JSX.Element {
  const { api, projects, toasts, isViewer } = useWorld();
  const trust = async () => {
    projects.put(await api.call("project.trust", { project_name: project.name }));
    toasts.say(`${project.name} is trusted now.`);
  };
  return (
    <div class="warning-box untrusted" data-trust="untrusted">
      <p>
        <strong>Nobody has said yet that this project is trusted.</strong>{" "}
        As soon as an agent starts here, it runs what the directory itself contains, before it asks anybody: hooks,
        settings and MCP servers in <code>.claude</code> and{" "}
        <code>.mcp.json</code>. Trust it only if you know where its files come from.
      </p>
      <div class="buttons">
        <Button kind="primary" icon="shield-check" disabled={isViewer.value} onClick={trust}>Trust</Button>
      </div>
    </div>
  );
}

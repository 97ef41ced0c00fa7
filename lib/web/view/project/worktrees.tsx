import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ProjectDetails, ProjectWorktree } from "../../../projects/types.ts";
import type { Session } from "../../../sessions/types.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { baseName, counted } from "../text.ts";
import { Section } from "./section.tsx";

/** The work trees that were made for sessions; those that no session uses can be removed. */
export function Worktrees({ project, sessions }: {
  project: ProjectDetails;
  sessions: readonly Session[];
}): JSX.Element | null {
  if (project.worktrees.length === 0) return null;
  return (
    <Section
      id="worktrees"
      title="Work trees"
      count={project.worktrees.length}
      text="Copies of the repository in which sessions work on branches of their own."
    >
      <ul class="card rows">
        {project.worktrees.map((tree) => (
          <WorktreeRow
            key={tree.path}
            project={project}
            tree={tree}
            session={sessions.find(({ id }) => id === tree.session)}
          />
        ))}
      </ul>
    </Section>
  );
}

function WorktreeRow({ project, tree, session }: {
  project: ProjectDetails;
  tree: ProjectWorktree;
  session: Session | undefined;
}): JSX.Element {
  const { isViewer } = useWorld();
  const asks = useSignal(false);
  const isOrphaned = tree.session === undefined;
  return (
    <li class="row worktree">
      <div class="row-main">
        <span class="row-title">
          <Icon name="git-branch" size={14} />
          <strong class="cut">{tree.branch ?? baseName(tree.path)}</strong>
          {isOrphaned ? <span class="chip">No session</span> : null}
        </span>
        <span class="row-facts">
          {session === undefined ? null : <Link to={{ page: "session", session: session.id }}>{session.name}</Link>}
          <span>{unsaved(tree)}</span>
        </span>
      </div>
      {isOrphaned
        ? (
          <Button kind="quiet" icon="trash" disabled={isViewer.value} onClick={() => void (asks.value = true)}>
            Remove
          </Button>
        )
        : null}
      {asks.value ? <RemoveWorktree project={project.name} tree={tree} onClose={() => asks.value = false} /> : null}
    </li>
  );
}

/** Says what would be lost with a work tree. */
function unsaved({ changes, unpushed }: ProjectWorktree): string {
  if (changes === null || unpushed === null) return "work that git cannot look into";
  const parts = [
    ...(changes === 0 ? [] : [counted(changes, "uncommitted change")]),
    ...(unpushed === 0 ? [] : [counted(unpushed, "unpushed commit")]),
  ];
  return parts.length === 0 ? "nothing unsaved" : parts.join(", ");
}

/** Asks before a work tree is removed; where work would be lost, its name has to be typed. */
function RemoveWorktree({ project, tree, onClose }: {
  project: string;
  tree: ProjectWorktree;
  onClose: () => void;
}): JSX.Element {
  const { api, projects, toasts } = useWorld();
  const name = baseName(tree.path);
  const hasWork = tree.changes !== 0 || tree.unpushed !== 0;
  return (
    <ConfirmDialog
      title={`Remove the work tree ${name}`}
      text={hasWork
        ? `It has ${unsaved(tree)}, which would be lost. Type ${name} to confirm.`
        : "All its work is committed, and on another branch or a remote. Its own branch is removed with it."}
      action="Remove"
      {...hasWork ? { word: name } : {}}
      onClose={onClose}
      onConfirm={async () => {
        await api.call("project.worktree.remove", {
          project_name: project,
          worktree: name,
          ...(hasWork ? { confirm: name } : {}),
        });
        await projects.details(project).reload();
        toasts.say(`The work tree ${name} was removed.`);
      }}
    />
  );
}

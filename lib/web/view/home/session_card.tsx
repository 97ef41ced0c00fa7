import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Host } from "../../../hosts/types.ts";
import type { PendingPermission, Session } from "../../../sessions/types.ts";
import { groupOf } from "../../state/session_groups.ts";
import type { LastActivity } from "../../state/last_activity.ts";
import { BYPASS, shortMode } from "../../state/permission_modes.ts";
import { toolRequestOf } from "../../state/tool_request.ts";
import { Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { Status } from "../status.tsx";
import { money, sentence, shortModel, shortPath, visible } from "../text.ts";
import { AsOf } from "../hosts/as_of.tsx";
import { TimeAgo } from "../time_ago.tsx";

/** A session in a few lines, as a link to it. */
export function SessionCard({ session, activity, permission, showsHost, away, last }: {
  session: Session;
  /** What it does, or did last. */
  activity: string | undefined;
  /** What it asks for. */
  permission: PendingPermission | undefined;
  showsHost: boolean;
  /** Its host, if that cannot be reached. */
  away: Host | undefined;
  last: LastActivity;
}): JSX.Element {
  const wantsActivity = away === undefined && activity === undefined && groupOf(session) !== "stopped" &&
    session.turns > 0;
  useEffect(() => {
    if (wantsActivity || away === undefined && session.status === "active") last.want(session.id);
  }, [wantsActivity, session.status === "active"]);
  // Most of what happens concerns another card.
  return useMemo(() => (
    <Link
      to={{ page: "session", session: session.id }}
      class={away === undefined ? "card session-card" : "card session-card away"}
      isCard
    >
      <span class="card-head">
        <span class="card-name cut">{session.name}</span>
        <Status session={session} isAway={away !== undefined} />
      </span>
      <span class="card-place">
        <span class="cut" title={session.path}>{placeOf(session)}</span>
        {session.worktree === undefined
          ? null
          : (
            <span class="card-worktree cut" title={`Work tree ${session.worktree.path}`}>
              <Icon name="git-branch" size={13} /> {session.worktree.branch}
            </span>
          )}
        {showsHost ? <span class="card-host">on {session.host}</span> : null}
      </span>
      <Doing session={session} activity={activity} permission={permission} />
      <Facts session={session} away={away} />
    </Link>
  ), [session, activity, permission, showsHost, away]);
}

/** Where a session works; of a work tree, the directory of its repository says more. */
function placeOf({ path, worktree }: Session): string {
  return shortPath(worktree === undefined ? path : path.replace(/\/\.claude\/worktrees\/.*$/s, ""));
}

/** What a session does, asks, or why it ended. */
function Doing({ session, activity, permission }: {
  session: Session;
  activity: string | undefined;
  permission: PendingPermission | undefined;
}): JSX.Element {
  const text = doingOf(session, activity, permission);
  return <span class={session.status === "error" ? "card-doing bad" : "card-doing"}>{visible(text)}</span>;
}

function doingOf(session: Session, activity: string | undefined, permission: PendingPermission | undefined): string {
  if (permission !== undefined) return askedOf(permission);
  if (session.status === "error") return sentence(session.error ?? "The agent could not go on.");
  if (session.status === "stopped") return sentence(session.exit?.reason ?? "");
  if (session.status === "starting") return "Starting…";
  if (activity !== undefined) return activity;
  if (session.status === "active") return "Working…";
  return session.turns === 0 && session.status === "idle" ? "Nothing asked yet." : "";
}

function askedOf(permission: PendingPermission): string {
  const request = toolRequestOf(permission);
  switch (request.kind) {
    case "command":
      return `${permission.tool_name}: ${request.command}`;
    case "edit":
      return `${permission.tool_name}: ${request.path}`;
    case "questions":
      return request.questions[0]!.question;
    case "plan":
      return "A plan to approve";
    default:
      return permission.description ?? permission.tool_name;
  }
}

function Facts({ session, away }: { session: Session; away: Host | undefined }): JSX.Element {
  const { model, permission_mode: mode, cost_usd: cost, queue, updated_at } = session;
  return (
    <span class="card-facts">
      {model === null ? null : <span class="cut">{shortModel(model)}</span>}
      {mode === "default" ? null : <span class={mode === BYPASS ? "bad" : undefined}>{shortMode(mode)}</span>}
      {queue.length === 0 ? null : <span>{queue.length} queued</span>}
      {cost === 0 ? null : <span>{money(cost)}</span>}
      <span class="card-time">
        {away === undefined ? <TimeAgo at={updated_at} /> : <AsOf host={away} />}
      </span>
    </span>
  );
}

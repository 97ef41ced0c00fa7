import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PastConversation, ProjectDetails } from "../../../projects/types.ts";
import { openNewSession } from "../../state/dialogs.ts";
import { useWorld } from "../../state/world.ts";
import { Button, type ButtonKind, Link } from "../controls.tsx";
import { Shown } from "../settings/parts.tsx";
import { counted } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { VisibleText } from "../visible_text.tsx";
import { Section } from "./section.tsx";
import { useProjectValue } from "./use_project_value.ts";

/** How many conversations are read at once. */
const PAGE = 10;

/** The past conversations of a project: any of them can be read, resumed and forked. */
export function History({ project }: { project: ProjectDetails }): JSX.Element {
  const { projects, isViewer } = useWorld();
  const limit = useSignal(PAGE);
  const isWhole = useSignal(true);
  const loaded = useProjectValue(project.name, async (api) => {
    const wanted = limit.peek();
    const found = await api.call("project.history", { project_name: project.name, limit: wanted + 1 });
    isWhole.value = found.length <= wanted;
    return found.slice(0, wanted);
  });
  const showMore = async () => {
    limit.value += 2 * PAGE;
    await loaded.reload();
  };
  return (
    <Section
      id="history"
      title="History"
      text="What agents and people said here, also outside of this hub."
      action={
        <Button
          kind="quiet"
          icon="plus"
          disabled={isViewer.value}
          onClick={() => openNewSession(project.path, projects.host)}
        >
          Start new session
        </Button>
      }
    >
      <Shown loaded={loaded}>
        {(conversations) =>
          conversations.length === 0 ? <p class="card nothing">Nothing was said here yet.</p> : (
            <ul class="card rows">
              {conversations.map((each) => <ConversationRow key={each.id} project={project} conversation={each} />)}
            </ul>
          )}
      </Shown>
      {isWhole.value ? null : <Button kind="quiet" onClick={showMore}>Show more</Button>}
    </Section>
  );
}

function ConversationRow({ project, conversation }: {
  project: ProjectDetails;
  conversation: PastConversation;
}): JSX.Element {
  const { id, title, turns, last_activity } = conversation;
  return (
    <li class="row wrap">
      <Link to={{ page: "project", project: project.name, conversation: id }} class="row-main" isCard>
        <span class="row-title">
          <strong class="cut">
            <VisibleText text={title === "" ? "Without a title" : title} />
          </strong>
        </span>
        <span class="row-facts">
          <span>{counted(turns, "turn")}</span>
          <TimeAgo at={last_activity} />
        </span>
      </Link>
      <ConversationActions project={project} conversation={conversation} />
    </li>
  );
}

/** Goes on with a past conversation, or with a copy of it. */
export function ConversationActions({ project, conversation, kind = "quiet" }: {
  project: ProjectDetails;
  conversation: PastConversation;
  kind?: ButtonKind;
}): JSX.Element {
  const { api, hub, router, isViewer } = useWorld();
  const session = conversation.session === undefined ? undefined : hub.sessions.value.get(conversation.session);
  const isRunning = session !== undefined && session.status !== "stopped" && session.status !== "error";
  const start = async (fork: boolean) => {
    const started = session !== undefined && !fork
      ? await api.call("session.resume", { session_name: session.id })
      : await api.call("session.start", { path: project.path, resume: conversation.id, ...(fork ? { fork } : {}) });
    hub.put(started);
    router.go({ page: "session", session: started.id });
  };
  return (
    <div class="row-actions">
      {isRunning
        ? <Link to={{ page: "session", session: session.id }} class={`button ${kind}`}>Open</Link>
        : (
          <Button kind={kind} icon="play" disabled={isViewer.value} onClick={() => start(false)}>
            Resume
          </Button>
        )}
      <Button kind={kind} icon="git-fork" disabled={isViewer.value} onClick={() => start(true)}>Fork</Button>
    </div>
  );
}

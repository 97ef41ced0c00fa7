import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PastTurn, ProjectDetails } from "../../../projects/types.ts";
import { openNewSession } from "../../state/dialogs.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { Markdown } from "../markdown.tsx";
import { Shown } from "../settings/parts.tsx";
import { counted } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { useLoaded } from "../use_loaded.ts";
import { VisibleText } from "../visible_text.tsx";
import { ConversationActions } from "./history.tsx";

/** How many turns are read at once. */
const PAGE = 50;

/** A past conversation, to be read. */
export function PastConversationView({ project, id }: { project: ProjectDetails; id: string }): JSX.Element {
  const { api, projects, isViewer } = useWorld();
  const older = useSignal<readonly PastTurn[]>([]);
  const isWhole = useSignal(false);
  const read = async (before?: number) => {
    const found = await api.call("project.conversation", {
      project_name: project.name,
      conversation_id: id,
      limit: PAGE,
      before,
    });
    isWhole.value = found.page.length === 0 || found.page[0]!.index === 0;
    return found;
  };
  const loaded = useLoaded(() => {
    older.value = [];
    return read();
  });
  const loadOlder = async (first: number) => {
    const { page } = await read(first);
    older.value = [...page, ...older.value];
  };
  return (
    <div class="page past">
      <Link to={{ page: "project", project: project.name }} class="back-link">
        <Icon name="arrow-left" /> {project.name}
      </Link>
      <Shown loaded={loaded}>
        {(conversation) => {
          const turns = [...older.value, ...conversation.page];
          return (
            <>
              <header class="project-title">
                <div class="project-names">
                  <h1>
                    <VisibleText text={conversation.title} />
                  </h1>
                  <p class="muted small">
                    {counted(conversation.turns, "turn")} · <TimeAgo at={conversation.last_activity} />
                  </p>
                </div>
                <div class="buttons">
                  <ConversationActions project={project} conversation={conversation} kind="plain" />
                  <Button disabled={isViewer.value} onClick={() => openNewSession(project.path, projects.host)}>
                    Start new session
                  </Button>
                </div>
              </header>
              {isWhole.value || turns.length === 0
                ? null
                : <Button kind="quiet" onClick={() => loadOlder(turns[0]!.index)}>Load what was said before</Button>}
              <ol class="past-turns" aria-label="Past conversation">
                {turns.map((turn) => <Turn key={turn.index} turn={turn} />)}
              </ol>
            </>
          );
        }}
      </Shown>
    </div>
  );
}

function Turn({ turn: { role, at, text } }: { turn: PastTurn }): JSX.Element {
  return (
    <li>
      <article class={`past-turn ${role}`} aria-label={role === "user" ? "Prompt" : "Agent"}>
        <p class="past-who muted small">
          {role === "user" ? "You" : "Agent"} · <TimeAgo at={at} />
        </p>
        {role === "user"
          ? (
            <p class="past-prompt">
              <VisibleText text={text} />
            </p>
          )
          : <Markdown text={text} />}
      </article>
    </li>
  );
}

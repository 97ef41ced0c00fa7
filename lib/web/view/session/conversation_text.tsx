import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ContentBlock } from "../../../sessions/types.ts";
import type { AnswerEntry, PromptEntry, ThinkingEntry } from "../../state/conversation_entry.ts";
import { GrowingMarkdown } from "../../text/markdown.ts";
import { toText } from "../../text/fields.ts";
import { Markdown, MarkdownBlocks } from "../markdown.tsx";
import { withoutDirections } from "../text.ts";
import { Fold } from "./conversation_fold.tsx";
import { BlockImage } from "./conversation_output.tsx";
import { useConversationView } from "./conversation_view.ts";

/** How much of a long text is shown before somebody asks for all, in characters. */
const SHOWN = { prompt: 4_000, answer: 60_000 };

/** What somebody asked. */
export function PromptBody({ entry }: { entry: PromptEntry }): JSX.Element {
  const { content, state, from, at } = entry;
  const blocks: readonly ContentBlock[] = typeof content === "string"
    ? [{ type: "text", text: content }]
    : content ?? [];
  return (
    <div class="prompt-box">
      {content === undefined ? <MissingPrompt entry={entry} /> : null}
      {blocks.map((block, i) => <PromptPart key={i} block={block} />)}
      <p class="entry-facts">
        {from === "terminal" ? "in the terminal · " : from === "agent" ? "to a subagent · " : ""}
        {state === "returned" ? "the agent did not get it, it waits again · " : ""}
        <ClockTime at={at} />
      </p>
    </div>
  );
}

function PromptPart({ block }: { block: ContentBlock }): JSX.Element {
  if (block.type === "text") return <LongText text={toText(block["text"])} />;
  if (block.type === "image") return <BlockImage block={block} />;
  return <p class="muted">[{withoutDirections(block.type)}]</p>;
}

/** A text as it was typed, the beginning of a long one first. */
function LongText({ text }: { text: string }): JSX.Element {
  const showsAll = useSignal(false);
  const { isPrinting } = useConversationView();
  const isWhole = showsAll.value || isPrinting.value || text.length <= SHOWN.prompt;
  return (
    <>
      <p class="prompt-text" dir="auto">
        {withoutDirections(isWhole ? text : `${text.slice(0, SHOWN.prompt)}…`)}
      </p>
      {isWhole
        ? null
        : <button type="button" class="more" onClick={() => showsAll.value = true}>Show the whole prompt</button>}
    </>
  );
}

/** The prompt is in an event that is not loaded. */
function MissingPrompt({ entry }: { entry: PromptEntry }): JSX.Element {
  const view = useConversationView();
  const isMissing = useSignal(false);
  useEffect(() => {
    const { promptId, event } = entry;
    if (promptId === undefined) return;
    view.findPrompt(promptId, event).catch(() => isMissing.value = true);
  }, [entry.promptId]);
  return <p class="muted">{isMissing.value ? "The text of this prompt cannot be loaded." : "…"}</p>;
}

/** When something was, to the minute. */
export function ClockTime({ at }: { at: string }): JSX.Element {
  const date = new Date(at);
  return (
    <time dateTime={at} title={date.toLocaleString()}>
      {date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
    </time>
  );
}

/** What the agent said. */
export function AnswerBody({ entry }: { entry: AnswerEntry }): JSX.Element {
  const { text, isAborted } = entry;
  const showsAll = useSignal(false);
  const { isPrinting } = useConversationView();
  const isWhole = showsAll.value || isPrinting.value || text.length <= SHOWN.answer;
  return (
    <>
      <Markdown text={isWhole ? text : text.slice(0, SHOWN.answer)} />
      {isWhole
        ? null
        : <button type="button" class="more" onClick={() => showsAll.value = true}>Show the whole answer</button>}
      {isAborted ? <p class="entry-facts">interrupted</p> : null}
    </>
  );
}

/** What the agent thought. */
export function ThinkingBody({ entry: { key, text } }: { entry: ThinkingEntry }): JSX.Element {
  return (
    <Fold id={key} class="thinking-fold" summary={<span class="fold-title">Thinking</span>}>
      {() => (
        <div class="thinking-text">
          <Markdown text={text} />
        </div>
      )}
    </Fold>
  );
}

/** The answer in progress. */
export function AnswerInProgress(): JSX.Element | null {
  const { feed } = useConversationView();
  const growing = useRef(new GrowingMarkdown());
  const { text, thinking } = feed.answer.value;
  const blocks = useMemo(() => growing.current.read(text), [text]);
  if (!feed.isAtPresent.value || (text === "" && thinking === "")) return null;
  return (
    <article class="entry kind-answer in-progress" aria-label="Agent" aria-busy="true">
      {text === ""
        ? (
          <div class="thinking-now">
            <p class="fold-title">Thinking…</p>
            <p class="thinking-tail">{withoutDirections(thinking.slice(-600))}</p>
          </div>
        )
        : <MarkdownBlocks blocks={blocks} />}
    </article>
  );
}

/** Says that the agent works, while nothing else does. */
export function WorkingLine(): JSX.Element | null {
  const { feed, session } = useConversationView();
  const { status } = session.value;
  const { text, thinking } = feed.answer.value;
  if (!feed.isAtPresent.value || text !== "" || thinking !== "") return null;
  if (status !== "active" && status !== "starting") return null;
  return (
    <p class="working" aria-hidden="true">
      <span class="working-dots" />
      {status === "starting" ? "Starting" : "Working"}
    </p>
  );
}

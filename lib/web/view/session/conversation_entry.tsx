import { Component, type ComponentChildren, type JSX } from "preact";
import type { Entry } from "../../state/conversation_entry.ts";
import { EntryActions } from "./conversation_actions.tsx";
import {
  ErrorBody,
  GapBody,
  LargeBody,
  NoteBody,
  OutputBody,
  RetryBody,
  TurnEndBody,
  UnknownBody,
} from "./conversation_notes.tsx";
import { AnswerBody, PromptBody, ThinkingBody } from "./conversation_text.tsx";
import { LooseResultBody, ToolBody } from "./conversation_tool.tsx";

/** An entry's properties. */
interface EntryProps {
  readonly entry: Entry;
  /** Whether the address leads to it. */
  readonly isMarked: boolean;
}

/** An entry, which is drawn again only if it is another one. */
export class EntryView extends Component<EntryProps> {
  override shouldComponentUpdate({ entry, isMarked }: EntryProps): boolean {
    return entry !== this.props.entry || isMarked !== this.props.isMarked;
  }

  override render({ entry, isMarked }: EntryProps): ComponentChildren {
    return (
      <article
        class={`entry kind-${entry.kind}${entry.parent === undefined ? "" : " inner"}${isMarked ? " marked" : ""}`}
        aria-label={nameOf(entry)}
        aria-current={isMarked ? "true" : undefined}
        tabIndex={-1}
        data-event={entry.event}
        data-key={entry.key}
      >
        <Body entry={entry} />
        {ACTED_ON.has(entry.kind) ? <EntryActions /> : null}
      </article>
    );
  }
}

/** The entries that are copied and linked one by one; calls of tools are where they are unfolded. */
const ACTED_ON: ReadonlySet<Entry["kind"]> = new Set(["prompt", "answer", "error"]);

function Body({ entry }: { entry: Entry }): JSX.Element {
  switch (entry.kind) {
    case "prompt":
      return <PromptBody entry={entry} />;
    case "answer":
      return <AnswerBody entry={entry} />;
    case "thinking":
      return <ThinkingBody entry={entry} />;
    case "tool":
      return <ToolBody entry={entry} />;
    case "loose_result":
      return <LooseResultBody entry={entry} />;
    case "turn_end":
      return <TurnEndBody entry={entry} />;
    case "error":
      return <ErrorBody entry={entry} />;
    case "retry":
      return <RetryBody entry={entry} />;
    case "note":
      return <NoteBody entry={entry} />;
    case "output":
      return <OutputBody entry={entry} />;
    case "gap":
      return <GapBody entry={entry} />;
    case "large":
      return <LargeBody entry={entry} />;
    case "unknown":
      return <UnknownBody entry={entry} />;
  }
}

function nameOf(entry: Entry): string {
  const who = entry.parent === undefined ? "Agent" : "Subagent";
  switch (entry.kind) {
    case "prompt":
      return entry.from === "agent" ? "Prompt for a subagent" : "Prompt";
    case "answer":
      return who;
    case "thinking":
      return `${who}'s thinking`;
    case "tool":
      return `Tool ${entry.name}`;
    case "loose_result":
      return "Result of a tool";
    case "turn_end":
      return "End of the turn";
    case "error":
      return "Error";
    case "retry":
      return "Retry";
    case "output":
      return "Output";
    case "gap":
      return "Gap";
    case "note":
    case "large":
    case "unknown":
      return "Note";
  }
}

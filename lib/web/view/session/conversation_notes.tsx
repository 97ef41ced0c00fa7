import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type {
  ErrorEntry,
  GapEntry,
  LargeEntry,
  NoteEntry,
  OutputEntry,
  RetryEntry,
  TurnEndEntry,
  UnknownEntry,
} from "../../state/conversation_entry.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { duration, money } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";
import { Fold } from "./conversation_fold.tsx";
import { Output } from "./conversation_output.tsx";
import { ClockTime } from "./conversation_text.tsx";
import { useConversationView } from "./conversation_view.ts";

const OUTCOMES: Readonly<Record<TurnEndEntry["outcome"], string>> = {
  done: "Done",
  interrupted: "Interrupted",
  failed: "Failed",
};

/** The end of a turn: how it went, how long it took, and what it cost. */
export function TurnEndBody({ entry }: { entry: TurnEndEntry }): JSX.Element {
  const { outcome, reason, durationMs, costUsd, isOwnTurn, at } = entry;
  return (
    <>
      {reason === undefined ? null : <Problem title="The turn failed" text={reason} />}
      <p class={`turn-line ${outcome}`}>
        <span>
          {outcome === "interrupted" ? <Icon name="circle-stop" size={14} /> : null}
          {isOwnTurn ? "Done, by itself" : OUTCOMES[outcome]}
        </span>
        {durationMs === undefined ? null : <span>{duration(durationMs)}</span>}
        {costUsd === undefined ? null : <span title="As the agent reports it">{money(costUsd)}</span>}
        <ClockTime at={at} />
      </p>
    </>
  );
}

/** Something went wrong. */
export function ErrorBody({ entry: { title, text } }: { entry: ErrorEntry }): JSX.Element {
  return <Problem title={title} text={text} />;
}

function Problem({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <div class="problem-box">
      <Icon name="circle-alert" />
      <div>
        <p class="problem-title">{title}</p>
        {text === "" ? null : (
          <p class="problem-text">
            <VisibleText text={text} />
          </p>
        )}
      </div>
    </div>
  );
}

/** The model's API failed: why, and when the agent tries again. */
export function RetryBody({ entry: { until, attempt, maxAttempts, why } }: { entry: RetryEntry }): JSX.Element {
  const seconds = useCountdown(until);
  const count = attempt === undefined
    ? ""
    : `attempt ${attempt}${maxAttempts === undefined ? "" : ` of ${maxAttempts}`}`;
  return (
    <p class="note-line warn">
      <Icon name="rotate-ccw" size={14} />
      <span>
        The model's API failed{why === "" ? "" : (
          <>
            {" ("}
            <VisibleText text={why} />)
          </>
        )}. {seconds > 0 ? `Trying again in ${seconds} s` : "Tried again"}
        {count === "" ? "" : ` · ${count}`}
      </span>
    </p>
  );
}

/** Returns how many seconds are left. */
function useCountdown(until: number): number {
  const left = () => Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const seconds = useSignal(left());
  useEffect(() => {
    if (left() === 0) return;
    const timer = setInterval(() => {
      seconds.value = left();
      if (seconds.value === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return seconds.value;
}

/** Something to know. */
export function NoteBody({ entry: { key, text, detail } }: { entry: NoteEntry }): JSX.Element {
  if (detail === undefined) {
    return (
      <p class="note-line">
        <VisibleText text={text} />
      </p>
    );
  }
  return (
    <Fold
      id={key}
      class="note-fold"
      summary={
        <span class="fold-title">
          <VisibleText text={text} />
        </span>
      }
    >
      {() => <Output text={detail} label={text} />}
    </Fold>
  );
}

/** What the agent's program printed. */
export function OutputBody({ entry: { key, stream, lines } }: { entry: OutputEntry }): JSX.Element {
  const name = stream === "stderr" ? "Messages of the agent's program" : "Output that is no message";
  const count = lines.length === 1 ? "1 line" : `${lines.length} lines`;
  return (
    <Fold id={key} class="note-fold" summary={<span class="fold-title">{name} · {count}</span>}>
      {() => <Output text={lines.join("\n")} label={name} />}
    </Fold>
  );
}

/** Output that is lost. */
export function GapBody({ entry: { missing } }: { entry: GapEntry }): JSX.Element {
  return (
    <p class="note-line warn">
      <Icon name="triangle-alert" size={14} />
      {missing === 1 ? "1 message is missing" : `${missing ?? "Some"} messages are missing`}
    </p>
  );
}

/** An event that is loaded when somebody asks for it. */
export function LargeBody({ entry: { event, type, bytes } }: { entry: LargeEntry }): JSX.Element {
  const view = useConversationView();
  const size = bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
  const what = type === "user" ? "A result" : type === "assistant" ? "A message" : `An event (${type})`;
  return (
    <p class="note-line">
      {what} of {size}
      <Button kind="quiet" onClick={() => view.loadLarge(event)}>Show</Button>
    </p>
  );
}

/** An event that the page knows nothing about. */
export function UnknownBody({ entry: { key, label, json } }: { entry: UnknownEntry }): JSX.Element {
  return (
    <Fold
      id={key}
      class="note-fold"
      summary={
        <span class="fold-title">
          <VisibleText text={label} />
        </span>
      }
    >
      {() => <Output text={JSON.stringify(json, undefined, 2) ?? ""} label={label} />}
    </Fold>
  );
}

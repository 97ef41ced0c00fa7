import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { type DiffLine, diffOf } from "../text/diff.ts";
import { VisibleText } from "./visible_text.tsx";

/** How many lines are shown before somebody asks for all. */
const SHOWN_LINES = 300;

const SIGNS: Readonly<Record<DiffLine["kind"], string>> = { same: " ", added: "+", removed: "-", gap: "" };

/** How a text has changed. A text that is empty before was added as a whole. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }): JSX.Element {
  const lines = useMemo(() => diffOf(before, after), [before, after]);
  return <DiffLines lines={lines} label={label} />;
}

/** The lines of a difference. */
export function DiffLines({ lines, label }: { lines: readonly DiffLine[]; label: string }): JSX.Element {
  const showsAll = useSignal(false);
  const shown = showsAll.value ? lines : lines.slice(0, SHOWN_LINES);
  return (
    <div class="diff" role="group" aria-label={label} tabIndex={0}>
      {lines.length === 0 ? <p class="diff-nothing">Nothing changes.</p> : null}
      <div class="diff-lines">
        {shown.map((line, i) => <Line key={i} line={line} />)}
      </div>
      {shown.length === lines.length
        ? null
        : (
          <button type="button" class="diff-more" onClick={() => showsAll.value = true}>
            Show {lines.length - shown.length} more lines
          </button>
        )}
    </div>
  );
}

function Line({ line: { kind, text, before, after } }: { line: DiffLine }): JSX.Element {
  if (kind === "gap") return <div class="diff-line gap" aria-hidden="true">⋯</div>;
  return (
    <div class={`diff-line ${kind}`}>
      <span class="diff-number" aria-hidden="true">{after ?? before}</span>
      <span class="diff-sign">{SIGNS[kind]}</span>
      <span class="diff-text">
        <VisibleText text={text} />
      </span>
    </div>
  );
}

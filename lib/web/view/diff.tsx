import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { type DiffLine, diffOf } from "../text/diff.ts";
import { VisibleText } from "./visible_text.tsx";

/** How many lines are shown before somebody asks for all. */
const SHOWN_LINES = 300;

const SIGNS: Readonly<Record<DiffLine["kind"], string>> = { same: " ", added: "+", removed: "-", gap: "" };

/** How a text has changed. A text that is empty before was added as a whole. */
export function Diff({ before, after, label, isWhole = false }: {
  before: string;
  after: string;
  /** A name for assistive technology. */
  label: string;
  /** Whether the texts are whole files, so that their lines have numbers. */
  isWhole?: boolean;
}): JSX.Element {
  const lines = useMemo(() => diffOf(before, after), [before, after]);
  return <DiffLines lines={lines} label={label} isWhole={isWhole} />;
}

/** The lines of a difference. */
export function DiffLines(
  { lines, label, isWhole = false }: { lines: readonly DiffLine[]; label: string; isWhole?: boolean },
): JSX.Element {
  const showsAll = useSignal(false);
  const shown = showsAll.value ? lines : lines.slice(0, SHOWN_LINES);
  return (
    <div class="diff" role="group" aria-label={label} tabIndex={0}>
      {lines.length === 0 ? <p class="diff-nothing">Nothing changes.</p> : null}
      <div class="diff-lines">
        {shown.map((line, i) => <Line key={i} line={line} isWhole={isWhole} />)}
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

function Line(
  { line: { kind, text, before, after, changed }, isWhole }: { line: DiffLine; isWhole: boolean },
): JSX.Element {
  if (kind === "gap") return <div class="diff-line gap" aria-hidden="true">⋯</div>;
  return (
    <div class={`diff-line ${kind}`}>
      {isWhole ? <span class="diff-number" aria-hidden="true">{after ?? before}</span> : null}
      <span class="diff-sign">{SIGNS[kind]}</span>
      <span class="diff-text">
        {changed === undefined ? <VisibleText text={text} /> : <ChangedText text={text} changed={changed} />}
      </span>
    </div>
  );
}

function ChangedText(
  { text, changed: [start, end] }: { text: string; changed: readonly [number, number] },
): JSX.Element {
  return (
    <>
      <VisibleText text={text.slice(0, start)} />
      {start === end ? null : (
        <span class="diff-changed">
          <VisibleText text={text.slice(start, end)} />
        </span>
      )}
      <VisibleText text={text.slice(end)} />
    </>
  );
}

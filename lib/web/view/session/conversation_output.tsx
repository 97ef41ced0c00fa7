import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { styledText } from "../../text/ansi.ts";
import { toArray, toObject, toText } from "../../text/fields.ts";
import { imageBytes, imageOf } from "../../text/image_source.ts";
import { brief, withoutDirections } from "../text.ts";
import { useConversationView } from "./conversation_view.ts";

/** How much of an output is shown before somebody asks for all. */
const SHOWN = { lines: 24, characters: 6_000 };
/** The most that is shown at all, in characters. */
const MAX_CHARACTERS = 1_000_000;

/** What a program printed. */
export function Output({ text, label }: { text: string; label: string }): JSX.Element {
  const showsAll = useSignal(false);
  const { isPrinting } = useConversationView();
  const beginning = useMemo(() => beginningOf(text), [text]);
  const isWhole = showsAll.value || isPrinting.value || beginning.length === text.length;
  const pieces = useMemo(() => styledText(isWhole ? text.slice(0, MAX_CHARACTERS) : beginning), [text, isWhole]);
  return (
    <div class={`output-box${showsAll.value ? " whole" : ""}`}>
      <pre class="output-text" tabIndex={0} role="group" aria-label={label}>
        {pieces.map(({ text, style }, i) =>
          style === "" ? withoutDirections(text) : <span key={i} class={style}>{withoutDirections(text)}</span>
        )}
      </pre>
      {isWhole ? null : (
        <button type="button" class="more" onClick={() => showsAll.value = true}>
          {`Show all ${moreOf(text, beginning)}`}
        </button>
      )}
    </div>
  );
}

function beginningOf(text: string): string {
  let end = -1;
  for (let lines = 0; lines < SHOWN.lines; lines++) {
    end = text.indexOf("\n", end + 1);
    if (end < 0 || end > SHOWN.characters) break;
  }
  const cut = text.slice(0, Math.min(end < 0 ? text.length : end, SHOWN.characters));
  return text.slice(cut.length).trim() === "" ? text : cut;
}

function moreOf(text: string, beginning: string): string {
  const lines = text.slice(beginning.length).split("\n").length - 1;
  return lines > 1 ? `(${brief(lines)} more lines)` : `(${brief(text.length)} characters)`;
}

/** What a tool returned: texts, images, and whatever else. */
export function ResultContent({ content, label }: { content: unknown; label: string }): JSX.Element {
  if (typeof content === "string") return <TextResult text={content} label={label} />;
  const blocks = toArray(content);
  return (
    <>
      {blocks.map((block, i) => {
        const { type, text } = toObject(block);
        if (type === "text") return <TextResult key={i} text={toText(text)} label={label} />;
        if (type === "image") return <BlockImage key={i} block={block} />;
        return <TextResult key={i} text={JSON.stringify(block, undefined, 2) ?? ""} label={label} />;
      })}
      {blocks.length === 0 ? <p class="entry-facts">no output</p> : null}
    </>
  );
}

function TextResult({ text, label }: { text: string; label: string }): JSX.Element {
  return text.trim() === "" ? <p class="entry-facts">no output</p> : <Output text={text} label={label} />;
}

/** An image of a prompt or of a tool. */
export function BlockImage({ block }: { block: unknown }): JSX.Element {
  const image = useMemo(() => imageOf(block), [block]);
  if (image === undefined) {
    return <p class="entry-facts">An image of {brief(imageBytes(block))} bytes that cannot be shown.</p>;
  }
  const { source, width, height } = image;
  return <img class="entry-image" src={source} width={width} height={height} alt={`Image, ${width} × ${height}`} />;
}

/** The text of what a tool returned. */
export function resultText(content: unknown): string {
  if (typeof content === "string") return content;
  return toArray(content).map((block) => toText(toObject(block)["text"])).filter((text) => text !== "").join("\n");
}

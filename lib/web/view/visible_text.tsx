import type { JSX } from "preact";
import { visibleParts } from "./text.ts";

/** A text in which characters that nobody would see are shown as their codes. */
export function VisibleText({ text }: { text: string }): JSX.Element {
  return (
    <>{visibleParts(text).map(({ text, isCode }, i) => isCode ? <mark key={i} class="code-of">{text}</mark> : text)}</>
  );
}

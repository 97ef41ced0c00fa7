import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { copyText } from "./clipboard.ts";
import { Button } from "./controls.tsx";
import { Highlighted } from "./highlighted.tsx";
import { visible } from "./text.ts";

/** How much of a code block is shown before somebody asks for all, in characters. */
const SHOWN_CHARACTERS = 30_000;

/** A block of code. */
export function CodeBlock({ code, language = "" }: { code: string; language?: string }): JSX.Element {
  const showsAll = useSignal(false);
  const shown = showsAll.value ? code : code.slice(0, SHOWN_CHARACTERS);
  const name = visible(language).slice(0, 30);
  return (
    <div class="code-block">
      <div class="code-head no-print">
        <span class="code-language">{name}</span>
        <Button kind="quiet" icon="copy" label="Copy the code" onClick={() => copyText(code)} />
      </div>
      <pre tabIndex={0} role="group" aria-label={name === "" ? "Code" : `Code, ${name}`}>
        <code>
          <Highlighted code={shown} language={name} />
        </code>
      </pre>
      {shown.length === code.length
        ? null
        : <button type="button" class="more" onClick={() => showsAll.value = true}>Show all</button>}
    </div>
  );
}

import type { JSX } from "preact";
import { type ReadonlySignal, type Signal, signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CodePart, Highlight } from "../text/code_parts.ts";
import { visible } from "./text.ts";

/** Longer code is not shown in colours: finding its words takes too long. In characters. */
const MAX_CHARACTERS = 30_000;

/** The highlighter once it is loaded; `undefined` before, and where it cannot be loaded. */
let loaded: Signal<Highlight | undefined> | undefined;

function highlighter(): ReadonlySignal<Highlight | undefined> {
  if (loaded !== undefined) return loaded;
  const made = loaded = signal<Highlight | undefined>(undefined);
  const address = document.documentElement.dataset["highlight"];
  if (address !== undefined) {
    import(address).then(({ highlight }) => made.value = highlight).catch(() => {
      // Code without colours is code all the same; the next code block tries again.
      loaded = undefined;
    });
  }
  return made;
}

/** Code in colours, as soon as they are known. */
export function Highlighted({ code, language }: { code: string; language: string }): JSX.Element {
  const parts = useSignal<readonly CodePart[] | undefined>(undefined);
  const highlight = language === "" || code.length > MAX_CHARACTERS ? undefined : highlighter().value;
  useEffect(() => {
    parts.value = undefined;
    if (highlight === undefined) return;
    // What is shown first is shown at once.
    const idle = requestIdle(() => parts.value = highlight(code, language.toLowerCase()));
    return () => cancelIdle(idle);
  }, [code, language, highlight]);
  if (parts.value === undefined) return <>{visible(code)}</>;
  return (
    <>
      {parts.value.map(({ text, kind }, i) =>
        kind === "" ? visible(text) : <span key={i} class={`code-${kind}`}>{visible(text)}</span>
      )}
    </>
  );
}

// Not every browser tells when it is idle.
const requestIdle: (work: () => void) => number = globalThis.requestIdleCallback ??
  ((work) => globalThis.setTimeout(work, 1) as unknown as number);
const cancelIdle: (id: number) => void = globalThis.cancelIdleCallback ?? ((id) => clearTimeout(id));

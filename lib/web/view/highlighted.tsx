import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Highlighter, type HighlightWorker } from "../state/highlighter.ts";
import { trustedScript } from "../state/trusted_script.ts";
import { visible } from "./text.ts";

/** Longer code is not shown in colours, in characters. */
const MAX_CHARACTERS = 20_000;

const highlighter = new Highlighter(() => {
  const worker = new Worker(trustedScript(document.documentElement.dataset["highlight"] ?? ""));
  const shown: HighlightWorker = {
    onmessage: null,
    onerror: null,
    postMessage: (request) => worker.postMessage(request),
    terminate: () => worker.terminate(),
  };
  worker.onmessage = (event) => shown.onmessage?.(event);
  worker.onerror = (event) => shown.onerror?.(event);
  return shown;
});

/** Code in colours, as soon as they are known. */
export function Highlighted({ code, language }: { code: string; language: string }): JSX.Element {
  const request = useMemo(() => ({ code, language: language.toLowerCase() }), [code, language]);
  const parts = useSignal(highlighter.known(request));
  useEffect(() => {
    parts.value = highlighter.known(request);
    if (parts.value !== undefined || language === "" || code.length > MAX_CHARACTERS) return;
    const stop = new AbortController();
    highlighter.ask(request, stop.signal).then((found) => {
      if (!stop.signal.aborted) parts.value = found;
    });
    return () => stop.abort();
  }, [request]);
  if (parts.value === undefined) return <>{visible(code)}</>;
  return (
    <>
      {parts.value.map(({ text, kind }, i) =>
        kind === "" ? visible(text) : <span key={i} class={`code-${kind}`}>{visible(text)}</span>
      )}
    </>
  );
}

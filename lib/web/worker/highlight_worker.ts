/**
 * Finds the words of code in a thread of its own: hostile code can keep a highlighter busy for long, and is given up then.
 *
 * @module
 */

import type { HighlightReply, HighlightRequest } from "../text/code_parts.ts";
import { highlight } from "./highlight.ts";

/** What is used of a worker's global scope: the types of the page lack it. */
interface WorkerScope {
  addEventListener(type: "message", listener: (event: { readonly data: HighlightRequest }) => void): void;
  postMessage(reply: HighlightReply): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener(
  "message",
  ({ data: { code, language } }) => scope.postMessage({ parts: highlight(code, language) }),
);

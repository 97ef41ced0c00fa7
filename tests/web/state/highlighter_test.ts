import { assertEquals } from "@std/assert";
import { Highlighter, type HighlightWorker } from "../../../lib/web/state/highlighter.ts";
import type { HighlightRequest } from "../../../lib/web/text/code_parts.ts";

/** A worker whose answers are in the hands of the test. */
class TestWorker implements HighlightWorker {
  onmessage: HighlightWorker["onmessage"] = null;
  onerror: HighlightWorker["onerror"] = null;
  readonly requests: HighlightRequest[] = [];
  isTerminated = false;

  postMessage(request: HighlightRequest): void {
    this.requests.push(request);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  answer(kind: string): void {
    this.onmessage?.({ data: { parts: [{ text: this.requests.at(-1)!.code, kind }] } });
  }
}

function parts(): { highlighter: Highlighter; workers: TestWorker[] } {
  const workers: TestWorker[] = [];
  const highlighter = new Highlighter(() => {
    const worker = new TestWorker();
    workers.push(worker);
    return worker;
  });
  return { highlighter, workers };
}

const forever = new AbortController().signal;
const request = (code: string) => ({ code, language: "ts" });

Deno.test("Highlighter asks for one piece of code after the other, and remembers", async () => {
  const { highlighter, workers } = parts();
  const first = highlighter.ask(request("a"), forever);
  const second = highlighter.ask(request("b"), forever);
  assertEquals(workers[0]!.requests, [request("a")]);
  workers[0]!.answer("keyword");
  assertEquals(await first, [{ text: "a", kind: "keyword" }]);
  workers[0]!.answer("string");
  assertEquals(await second, [{ text: "b", kind: "string" }]);
  assertEquals(highlighter.known(request("a")), [{ text: "a", kind: "keyword" }]);
  await highlighter.ask(request("a"), forever);
  assertEquals(workers[0]!.requests.length, 2);
});

Deno.test("Highlighter does not ask for what nobody wants any more", async () => {
  const { highlighter, workers } = parts();
  const stop = new AbortController();
  const first = highlighter.ask(request("a"), forever);
  const second = highlighter.ask(request("b"), stop.signal);
  stop.abort();
  workers[0]!.answer("keyword");
  await first;
  assertEquals(await second, undefined);
  assertEquals(workers[0]!.requests.length, 1);
});

Deno.test("Highlighter gives up on code that takes too long, and goes on with the next", async () => {
  const { highlighter, workers } = parts();
  const first = highlighter.ask(request("endless"), forever);
  const second = highlighter.ask(request("b"), forever);
  assertEquals(await first, undefined);
  assertEquals(workers.map(({ isTerminated }) => isTerminated), [true, false]);
  workers[1]!.answer("string");
  assertEquals(await second, [{ text: "b", kind: "string" }]);
});

Deno.test("Highlighter goes on after a worker that failed", async () => {
  const { highlighter, workers } = parts();
  const first = highlighter.ask(request("a"), forever);
  workers[0]!.onerror?.({ preventDefault() {} });
  assertEquals(await first, undefined);
  const second = highlighter.ask(request("b"), forever);
  workers[1]!.answer("string");
  assertEquals(await second, [{ text: "b", kind: "string" }]);
});

import { assertEquals } from "@std/assert";
import { type Notice, Topics } from "../../lib/system/topics.ts";

interface Told extends Notice {
  readonly text: string;
}

Deno.test("publish() tells those who watch the topic, each once, until they have enough", () => {
  const topics = new Topics<Told>();
  const told: string[] = [];
  const both = topics.watch(["a", "b", "a"], ({ text }) => told.push(`both ${text}`));
  const one = topics.watch(["b"], ({ text }) => told.push(`one ${text}`));
  topics.publish({ topic: "a", text: "1" });
  topics.publish({ topic: "b", text: "2" });
  topics.publish({ topic: "c", text: "3" });
  both[Symbol.dispose]();
  both[Symbol.dispose]();
  topics.publish({ topic: "b", text: "4" });
  one[Symbol.dispose]();
  topics.publish({ topic: "b", text: "5" });
  assertEquals(told, ["both 1", "both 2", "one 2", "one 4"]);
});

Deno.test("onWatch() says when a topic gets its first watcher and loses its last one", () => {
  const topics = new Topics<Told>();
  const changes: string[] = [];
  const listening = topics.onWatch((topic, isWatched) => changes.push(`${topic} ${isWatched}`));
  const [first, second] = [topics.watch(["a"], () => {}), topics.watch(["a", "b"], () => {})];
  assertEquals(["a", "b", "c"].map((topic) => topics.isWatched(topic)), [true, true, false]);
  first[Symbol.dispose]();
  second[Symbol.dispose]();
  listening[Symbol.dispose]();
  topics.watch(["a"], () => {})[Symbol.dispose]();
  assertEquals(changes, ["a true", "b true", "a false", "b false"]);
});

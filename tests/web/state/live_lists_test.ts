import { assertEquals } from "@std/assert";
import { hostsAfter, instancesAfter, samplesAfter } from "../../../lib/web/state/live_lists.ts";
import { host } from "../helpers/shown_hosts.ts";
import { instance } from "../helpers/notices.ts";

Deno.test("instancesAfter() replaces, adds and removes instances", () => {
  const list = [instance("a"), instance("b")];
  const type = "notice" as const;
  const topic = "instances" as const;
  const ids = (notice: Parameters<typeof instancesAfter>[1]) => instancesAfter(list, notice)?.map(({ id }) => id);
  assertEquals(ids({ type, topic, instance: instance("b", { status: "crashed" }) }), ["a", "b"]);
  assertEquals(ids({ type, topic, instance: instance("c") }), ["c", "a", "b"]);
  assertEquals(ids({ type, topic, removed: "a" }), ["b"]);
});

Deno.test("samplesAfter() keeps a minute of samples, each once", () => {
  let list = samplesAfter([], { type: "notice", topic: "metrics", sample: { at: "00", items: [] } })!;
  for (let i = 0; i < 40; i++) {
    const sample = { at: String(Math.floor(i / 2)).padStart(2, "0"), items: [] };
    list = samplesAfter(list, { type: "notice", topic: "metrics", sample })!;
  }
  assertEquals([list.length, list[0]!.at, list.at(-1)!.at], [16, "04", "19"]);
});

Deno.test("hostsAfter() replaces, adds and removes hosts, sorted by name", () => {
  const list = [host("attic"), host("box")];
  const type = "notice" as const;
  const topic = "hosts" as const;
  const shown = (notice: Parameters<typeof hostsAfter>[1]) =>
    hostsAfter(list, notice).map(({ name, state }) => name + state);
  assertEquals(shown({ type, topic, host: host("attic", { state: "offline" }) }), ["atticoffline", "boxup"]);
  assertEquals(shown({ type, topic, host: host("b") }), ["atticup", "bup", "boxup"]);
  assertEquals(shown({ type, topic, removed: "attic" }), ["boxup"]);
});

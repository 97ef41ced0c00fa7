import { assert, assertEquals, assertThrows } from "@std/assert";
import { Store } from "../../lib/store/store.ts";
import { StoreError } from "../../lib/store/store_error.ts";
import { newEvent, sessionRow, storeWith } from "./rows.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("SessionTable keeps what it is given, the oldest first", () => {
  using store = Store.open(":memory:");
  assertEquals(store.path, ":memory:");
  const rows = [
    sessionRow("c", { created_at: 3 }),
    sessionRow("b", { created_at: 2 }),
    sessionRow("a", { created_at: 3 }),
  ];
  for (const row of rows) store.sessions.insert(row);
  assertEquals(store.sessions.all().map(({ id }) => id), ["b", "c", "a"]);
  const changed = sessionRow("b", { name: "other", status: "stopped", updated_at: 9, data: '{"a":1}', created_at: 2 });
  store.sessions.update(changed);
  assertEquals(store.sessions.all()[0], changed);
  store.sessions.delete("b");
  store.sessions.delete("b");
  assertEquals(store.sessions.all().map(({ id }) => id), ["c", "a"]);
});

Deno.test("SessionTable refuses a name that is taken, and the transaction can go on", () => {
  using store = storeWith("a", "b");
  const { name } = sessionRow("a");
  store.transaction(() => {
    assertEquals(assertThrows(() => store.sessions.insert(sessionRow("c", { name })), StoreError).reason, "conflict");
    assertEquals(assertThrows(() => store.sessions.update(sessionRow("b", { name })), StoreError).reason, "conflict");
    store.sessions.insert(sessionRow("c"));
  });
  assertThrows(() => store.sessions.update(sessionRow("unknown")), StoreError, "there is no session unknown");
  assertEquals(store.sessions.all().map(({ name }) => name), ["name of a", "name of b", "name of c"]);
});

Deno.test("delete() takes along all that belongs to a session, and nothing else", () => {
  using store = storeWith("a", "b");
  for (const session of ["a", "b"]) {
    store.events.append(newEvent(session, 1, { text: "word", uuid: "u" }));
    store.prompts.insert({ id: `prompt ${session}`, session, at: 1, content: '"x"', status: "queued" });
    store.permissions.insert({ id: `permission ${session}`, session, at: 1, data: "{}" });
    store.rules.insert({ id: `rule ${session}`, session, at: 1, data: "{}" });
    store.stdin.append(`process ${session}`, session, 0, bytes("line\n"));
    store.unfinished.append(session, "stdout", bytes("half"));
  }
  const counts = (session: string) => [
    store.events.page({ session, limit: 9 }).length,
    Number(store.events.hasUuid(session, "u")),
    store.prompts.of(session).length,
    store.permissions.pending().filter((row) => row.session === session).length,
    store.rules.of(session).length,
    store.stdin.from(`process ${session}`, 0).length,
    store.unfinished.read(session).stdout.length,
  ];
  assertEquals(counts("a"), [1, 1, 1, 1, 1, 1, 4]);
  store.sessions.delete("a");
  assertEquals(counts("a"), [0, 0, 0, 0, 0, 0, 0]);
  assertEquals(counts("b"), [1, 1, 1, 1, 1, 1, 4]);
  store.sessions.insert(sessionRow("a"));
  assertEquals(counts("a"), [0, 0, 0, 0, 0, 0, 0]);
  assertEquals(store.events.search({ query: "word", limit: 9 }).map(({ session }) => session), ["b"]);
});

Deno.test("PromptTable lists the prompts of a session by time, then as they came", () => {
  using store = storeWith("a", "b");
  const row = (id: string, at: number, session = "a") =>
    ({ id, session, at, content: `"${id}"`, status: "queued" }) as const;
  for (const each of [row("z", 2), row("y", 1), row("x", 2), row("other", 1, "b")]) store.prompts.insert(each);
  assertEquals(store.prompts.of("a"), [row("y", 1), row("z", 2), row("x", 2)]);
  store.prompts.setStatus("z", "sent");
  store.prompts.setContent("z", "[]");
  assertEquals(store.prompts.get("z"), { ...row("z", 2), content: "[]", status: "sent" });
  assertEquals(store.prompts.of("a", "queued").map(({ id }) => id), ["y", "x"]);
  assertEquals(store.prompts.get("unknown"), undefined);
  assertEquals(assertThrows(() => store.prompts.insert(row("z", 3)), StoreError).reason, "conflict");
});

Deno.test("end() ends a permission once, and the first outcome stays", () => {
  using store = storeWith("a", "b");
  const row = (id: string, at: number, session: string) => ({ id, session, at, data: "{}" });
  for (const each of [row("late", 2, "a"), row("early", 1, "b"), row("same", 2, "a")]) store.permissions.insert(each);
  assertEquals(store.permissions.pending().map(({ id }) => id), ["early", "late", "same"]);
  assert(store.permissions.end("late", 5, '"allow"'));
  assert(!store.permissions.end("late", 6, '"deny"'));
  assert(!store.permissions.end("unknown", 6, '"deny"'));
  assertEquals(store.permissions.get("late"), { ...row("late", 2, "a"), ended_at: 5, outcome: '"allow"' });
  assertEquals(store.permissions.pending(), [row("early", 1, "b"), row("same", 2, "a")]);
  assertEquals(store.permissions.get("unknown"), undefined);
});

Deno.test("RuleTable removes a rule of its own session only", () => {
  using store = storeWith("a", "b");
  const rule = { id: "r", session: "a", at: 1, data: "{}" };
  store.rules.insert(rule);
  assertEquals([store.rules.delete("b", "r"), store.rules.delete("unknown", "r")], [false, false]);
  assertEquals(store.rules.of("a"), [rule]);
  assertEquals([store.rules.delete("a", "r"), store.rules.delete("a", "r")], [true, false]);
  assertEquals([store.rules.of("a"), store.rules.of("unknown")], [[], []]);
});

Deno.test("StdinTable gives the lines that end after an offset, in order", () => {
  using store = storeWith("a");
  let offset = 0;
  for (const line of ["one\n", "", "three\n", "five\n"]) {
    store.stdin.append("p", "a", offset, bytes(line));
    offset += line.length;
  }
  store.stdin.append("q", "a", 0, bytes("other\n"));
  const from = (at: number) => store.stdin.from("p", at).map(({ offset, bytes }) => [offset, text(bytes)]);
  assertEquals(from(0), [[0, "one\n"], [4, "three\n"], [10, "five\n"]]);
  assertEquals(from(3), [[0, "one\n"], [4, "three\n"], [10, "five\n"]]);
  assertEquals(from(4), [[4, "three\n"], [10, "five\n"]]);
  assertEquals(from(15), []);
  store.stdin.dropBelow("p", 9);
  assertEquals(from(0), [[4, "three\n"], [10, "five\n"]]);
  store.stdin.dropBelow("p", 10);
  assertEquals(from(0), [[10, "five\n"]]);
  assertThrows(() => store.stdin.append("p", "a", 10, bytes("twice")), StoreError);
  store.stdin.deleteOf("p");
  assertEquals([from(0).length, store.stdin.from("q", 0).length], [0, 1]);
});

Deno.test("UnfinishedTable puts the pieces of each stream together", () => {
  using store = storeWith("a", "b");
  for (const piece of ["on", "", "e"]) store.unfinished.append("a", "stdout", bytes(piece));
  store.unfinished.append("a", "stderr", bytes("two"));
  const read = (session: string) => {
    const { stdout, stderr } = store.unfinished.read(session);
    return [text(stdout), text(stderr)];
  };
  assertEquals([read("a"), read("b"), read("unknown")], [["one", "two"], ["", ""], ["", ""]]);
  store.unfinished.clear("a", "stdout");
  store.unfinished.clear("unknown", "stdout");
  assertEquals(read("a"), ["", "two"]);
});

Deno.test("DeliveryTable keeps the deliveries of each webhook in order, and removes what is too old or too much", () => {
  using store = Store.open(":memory:");
  const { deliveries } = store;
  const add = (webhook: string, at: number) =>
    deliveries.insert({ webhook, event: "e", body: `${at}`, at, nextAt: at });
  const ids = [1, 2, 3].map((at) => add("a", at));
  add("b", 4);
  const first = { id: ids[0]!, webhook: "a", event: "e", body: "1", at: 1, tries: 0, nextAt: 1 };
  assertEquals(deliveries.first("a"), first);
  deliveries.postpone(ids[0]!, 1, 9);
  assertEquals(deliveries.first("a"), { ...first, tries: 1, nextAt: 9 });
  assertEquals([deliveries.trim("a", 2), deliveries.first("a")?.at, deliveries.count()], [1, 2, 3]);
  assertEquals([deliveries.deleteOld("a", 3), deliveries.count("a"), deliveries.count("b")], [1, 1, 1]);
  deliveries.delete(ids[2]!);
  assertEquals([deliveries.first("a"), deliveries.count()], [undefined, 1]);
  assertEquals([deliveries.deleteOthers(["a"]), deliveries.count()], [1, 0]);
});

import { assertEquals } from "@std/assert";
import { missingParts, moveSessions } from "../../lib/sessions/other_machine.ts";
import { newRecord, type SessionRecord, toRow } from "../../lib/sessions/record.ts";
import { Store } from "../../lib/store/store.ts";
import { tempDir } from "../helpers/temp.ts";

function record(name: string, path: string, more: Partial<SessionRecord> = {}): SessionRecord {
  const given = { id: `id-${name}`, name, path, createdAt: 1, claudeSessionId: `conversation-${name}` };
  const start = { origin: { kind: "new" }, chosenModel: null, permissionMode: "default", policy: "ask" } as const;
  return { ...newRecord({ ...given, ...start, claudeArgs: [], base: null }), ...more };
}

function storeOf(...records: readonly SessionRecord[]): Store {
  const store = Store.open(":memory:");
  for (const one of records) store.sessions.insert(toRow(one));
  return store;
}

Deno.test("moveSessions() gives sessions and their work trees other paths, and leaves the rest as it is", () => {
  const worktree = { path: "/old/web/.claude/worktrees/a", branch: "a", repository: "/old/web" };
  const tree = record("tree", worktree.path, { worktree });
  const elsewhere = record("elsewhere", "/srv");
  using store = storeOf(tree, elsewhere, record("web", "/old/web"));
  // One that is being removed has another name and status than its record.
  const removed = { ...toRow(record("gone", "/old/gone")), name: "removed 1", status: "removed" };
  store.sessions.insert(removed);
  assertEquals(moveSessions(store, [{ from: "/old", to: "/new" }]), 3);
  const [first, second, , last] = store.sessions.all();
  const there = { ...worktree, path: "/new/web/.claude/worktrees/a", repository: "/new/web" };
  assertEquals(JSON.parse(first!.data), { ...tree, path: there.path, worktree: there });
  assertEquals([first!.path, second], [there.path, toRow(elsewhere)]);
  assertEquals([last!.name, last!.status, last!.path], ["removed 1", "removed", "/new/gone"]);
});

Deno.test("missingParts() finds directories and conversations that are not there", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/.claude/projects/-old`, { recursive: true });
  await Deno.writeTextFile(`${dir.path}/.claude/projects/-old/conversation-told.jsonl`, "{}\n");
  using store = storeOf(
    record("told", dir.path, { turns: 1 }),
    record("untold", `${dir.path}/b`, { turns: 2 }),
    record("new", `${dir.path}/a`),
    record("second", `${dir.path}/b`),
  );
  store.sessions.insert({ ...toRow(record("gone", "/gone", { turns: 1 })), status: "removed" });
  assertEquals(await missingParts(store, dir.path), {
    directories: [`${dir.path}/a`, `${dir.path}/b`],
    conversations: ["untold"],
  });
});

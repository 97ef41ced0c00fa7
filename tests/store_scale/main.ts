/**
 * Measures a store of a size that most people never reach: how long it takes to open it, to read and search it, to store
 * events while old ones are removed, and how much it shrinks. `deno task store-scale [--gb N] [--keep-mb N]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { newRecord, toRow } from "../../lib/sessions/record.ts";
import { Store } from "../../lib/store/store.ts";
import { seededRandom } from "../helpers/random.ts";
import { residentBytes } from "../helpers/resident.ts";
import { refuseUnknown } from "../helpers/task_arguments.ts";
import { tempDir } from "../helpers/temp.ts";

const SESSIONS = 100;
/** How many events are stored in one transaction. */
const BATCH = 2_000;
/** How many words the text of an event has; its payload is twice as large. */
const WORDS = 250;
const REPEATS = 5;
const VOCABULARY = 30_000;
/** How many events a page has. */
const PAGE = 500;

const args = parseArgs(Deno.args, {
  string: ["gb", "keep-mb"],
  unknown: refuseUnknown("deno task store-scale [--gb N] [--keep-mb N]"),
}) as { gb?: string; "keep-mb"?: string };
const wanted = Number(args.gb ?? 10) * 1e9;
const keepBytes = Number(args["keep-mb"] ?? 1024) * 1e6;
const random = seededRandom(1);

function report(what: string, value: string): void {
  console.log(`${what.padEnd(52)} ${value}`);
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

/** Returns the times of some repetitions, the shortest first, in milliseconds. */
function times(work: (i: number) => unknown, repeats = REPEATS): number[] {
  const all = Array.from({ length: repeats }, (_, i) => {
    const start = performance.now();
    work(i);
    return performance.now() - start;
  });
  return all.sort((a, b) => a - b);
}

function median(sorted: readonly number[]): number {
  return sorted[sorted.length >> 1]!;
}

function text(): string {
  return Array.from({ length: WORDS }, () => `w${Math.floor(random() ** 2 * VOCABULARY).toString(36)}`).join(" ");
}

function fill(store: Store): number {
  const ids = Array.from({ length: SESSIONS }, () => crypto.randomUUID());
  store.transaction(() => ids.forEach((id, i) => store.sessions.insert(toRow(recordOf(id, i)))));
  const seqs = ids.map(() => 0);
  let count = 0;
  while (store.events.bytes < wanted) {
    store.transaction(() => {
      for (let i = 0; i < BATCH; i++, count++) append(store, ids, seqs, count);
    });
  }
  return count;
}

function recordOf(id: string, number: number) {
  return newRecord({
    id,
    name: `session-${number}`,
    path: "/work",
    createdAt: Date.now(),
    claudeSessionId: crypto.randomUUID(),
    origin: { kind: "new" },
    chosenModel: null,
    permissionMode: "default",
    policy: "ask",
    claudeArgs: [],
    base: null,
  });
}

function append(store: Store, ids: readonly string[], seqs: number[], number: number): void {
  const at = number % SESSIONS;
  const words = text();
  store.events.append({
    session: ids[at]!,
    seq: ++seqs[at]!,
    at: Date.now(),
    type: "assistant",
    uuid: crypto.randomUUID(),
    payload: JSON.stringify({ type: "assistant", message: { content: [{ type: "text", text: words }] }, more: words }),
    text: words,
  });
}

/** Reads and searches. */
function measureReading(store: Store): void {
  const last = store.events.lastId;
  const session = store.sessions.all()[0]!.id;
  report(
    "the newest page of a session",
    ms(median(times(() => store.events.page({ session, before: last + 1, limit: PAGE })))),
  );
  report(
    "a page in the middle of everything",
    ms(median(times((i) => store.events.page({ after: Math.floor(last / 2) + i * PAGE, limit: PAGE })))),
  );
  report("search of a common word", ms(median(times(() => store.events.search({ query: "w1", limit: 50 })))));
  report(
    "search of a rare word",
    ms(median(times(() => store.events.search({ query: `w${(VOCABULARY - 7).toString(36)}`, limit: 50 })))),
  );
  report("an event by its id", ms(median(times((i) => store.events.get(1 + i * 1_000)))));
}

/** Stores events while old ones are removed, as a hub does. */
function measurePruning(store: Store): void {
  const ids = store.sessions.all().map(({ id }) => id);
  const seqs = ids.map((session) =>
    store.events.page({ session, before: Number.MAX_SAFE_INTEGER, limit: 1 })[0]?.seq ?? 0
  );
  const [steps, appends]: [number[], number[]] = [[], []];
  const start = performance.now();
  for (let i = 0, removed = 1; removed > 0; i++) {
    const [step] = times(() => {
      removed = store.events.prune({ before: 0, maxBytes: keepBytes, spare: () => false });
    }, 1);
    steps.push(step!);
    const [one] = times(() => store.transaction(() => append(store, ids, seqs, i)), 1);
    appends.push(one!);
  }
  steps.sort((a, b) => a - b);
  appends.sort((a, b) => a - b);
  report(
    "removed down to what is kept in",
    `${((performance.now() - start) / 1000).toFixed(0)} s, ${steps.length} steps`,
  );
  report(
    "a step",
    `p50 ${ms(median(steps))}, p99 ${ms(steps[Math.floor(steps.length * 0.99)]!)}, most ${ms(steps.at(-1)!)}`,
  );
  report(
    "an event stored meanwhile",
    `p50 ${ms(median(appends))}, p99 ${ms(appends[Math.floor(appends.length * 0.99)]!)}, most ${ms(appends.at(-1)!)}`,
  );
}

await using directory = await tempDir();
const path = `${directory.path}/hub.db`;
const size = () => `${((Deno.statSync(path).size) / 1e9).toFixed(2)} GB`;
{
  using store = Store.open(path);
  const start = performance.now();
  const count = fill(store);
  const seconds = (performance.now() - start) / 1000;
  report("filled with", `${count} events, ${size()}, ${Math.round(count / seconds)} events/s`);
}
report("opened in", ms(median(times(() => Store.open(path)[Symbol.dispose]()))));
using store = Store.open(path);
measureReading(store);
report("memory of this program", `${residentBytes(Deno.pid) >> 20} MiB`);
measurePruning(store);
let isMore = true;
const [reclaimed] = times(() => {
  while (isMore) isMore = store.events.reclaim();
}, 1);
report("the file afterwards", `${size()}, reclaimed in ${(reclaimed! / 1000).toFixed(1)} s`);

import { assertEquals } from "@std/assert";
import type { FollowMessage } from "../../lib/hub/hub_client.ts";
import type { MemorySessions } from "../helpers/memory_sessions.ts";
import { waitFor } from "../helpers/wait.ts";

/** The session whose events are followed. */
export const SESSION = "s";
/** How much an event of a burst contains, in characters. */
const BURST_CHARS = 10_000;
/** How many events of a burst are added at most. */
const BURST = 30;

/** A hub that shows another one over a line that can be cut. */
export interface CutLine extends AsyncDisposable {
  /** The sessions of the other hub. */
  readonly sessions: MemorySessions;
  /** Follows the other hub from its first event on. */
  follow(signal: AbortSignal): AsyncIterable<FollowMessage>;
  /**
   * Cuts the line.
   *
   * @param number Counts the cuts, so that lines that break in several ways do so in turn.
   */
  cut(number: number): Promise<void> | void;
}

/** What came over a line that was cut. */
export interface CutReport {
  readonly cuts: number;
  readonly events: number;
  /** How long the next event took after each cut, in milliseconds, the shortest first. */
  readonly backMs: readonly number[];
}

/** Options of {@linkcode cutOften}. */
export interface CutOptions {
  readonly cuts: number;
  /** Called after each cut, when what was added behind it has arrived. */
  readonly onCut?: (number: number) => void;
}

/**
 * Cuts a line again and again, some times while much is on its way, and checks that two followers get each event once and
 * in order.
 */
export async function cutOften(line: CutLine, { cuts, onCut }: CutOptions): Promise<CutReport> {
  const { sessions } = line;
  const ending = new AbortController();
  const followers = [collect(line, ending.signal), collect(line, ending.signal)];
  const whenThere = () =>
    waitFor(
      `event ${sessions.lastEvent}`,
      () => followers.every(({ ids }) => ids.length >= sessions.lastEvent),
    );
  const text = "x".repeat(BURST_CHARS);
  const backMs: number[] = [];
  sessions.add(SESSION);
  await whenThere();
  for (let number = 0; number < cuts; number++) {
    // Some cuts come while much is on its way, and at any point of it.
    for (let i = 0; i < number % 4 / 3 * BURST; i++) sessions.add(SESSION, { text });
    if (number % 2 === 0) await new Promise((resolve) => setTimeout(resolve, number % 7));
    const start = performance.now();
    await line.cut(number);
    sessions.add(SESSION);
    await whenThere();
    backMs.push(performance.now() - start);
    onCut?.(number);
  }
  sessions.add(SESSION);
  await whenThere();
  const all = Array.from({ length: sessions.lastEvent }, (_, index) => index + 1);
  ending.abort();
  await Promise.all(followers.map(({ ended }) => ended));
  for (const { ids } of followers) assertEquals(ids, all);
  return { cuts, events: all.length, backMs: backMs.sort((a, b) => a - b) };
}

function collect(line: CutLine, signal: AbortSignal): { readonly ids: number[]; readonly ended: Promise<void> } {
  const ids: number[] = [];
  const run = async () => {
    for await (const message of line.follow(signal)) if (message.type === "event") ids.push(message.event.id);
  };
  return { ids, ended: run() };
}

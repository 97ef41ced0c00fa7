/**
 * The operations of clients, each applied to the model and to the daemon.
 *
 * @module
 */

import * as fc from "fast-check";
import type { GenerationName } from "../../lib/contract/generation.ts";
import { waitFor } from "../helpers/wait.ts";
import { CLIENTS, IDS, type Model, type ModelProcess, type RealSystem } from "./real_system.ts";

type Command = fc.AsyncCommand<Model, RealSystem>;

const SLOT = fc.nat({ max: CLIENTS - 1 });
const ID = fc.constantFrom(...IDS);

function command(name: string, run: Command["run"], check: (model: Model) => boolean = () => true): Command {
  return { check, run, toString: () => name };
}

const spawn = fc.tuple(SLOT, ID).map(([slot, id]) =>
  command(`spawn(client ${slot}, ${id})`, async ({ processes }, real) => {
    const before = processes.get(id);
    const followers = before?.exit === undefined ? followersOf(before) : [];
    await real.spawn(slot, id);
    // The client that starts the new process with the id gets a notice, too.
    for (const follower of followers) await real.expectNotice(follower, id, "gone");
    processes.set(id, { input: "", receiver: slot, observers: new Set() });
  }, ({ processes, contract }) => {
    // In the newest generation the process that had the id lives on, which the model does not follow.
    return contract === "seed" || processes.get(id)?.exit !== undefined || !processes.has(id);
  })
);

/** Returns the clients that receive the frames of a process. */
function followersOf(process: ModelProcess | undefined): number[] {
  if (process === undefined) return [];
  return [...process.observers, ...process.receiver === undefined ? [] : [process.receiver]];
}

const OFFSETS = ["none", "exact", "overlapping", "covered", "ahead"] as const;

const SIZES = [fc.nat({ max: 3_000 }), fc.nat({ max: 40 })] as const;

const stdin = fc.tuple(SLOT, ID, fc.constantFrom(...OFFSETS), fc.boolean(), ...SIZES).map(
  ([slot, id, kind, isNew, size, many]) =>
    command(`stdin(client ${slot}, ${id}, ${kind}, ${isNew}, ${size} × ${many})`, async ({ processes }, real) => {
      const process = processes.get(id);
      const applied = process?.input.length ?? 0;
      const data = textOf(size * (kind === "none" ? many : 1), applied);
      const back = Math.min(applied, 10);
      const offsets = {
        none: undefined,
        exact: applied,
        overlapping: applied - back,
        covered: Math.max(0, applied - data.length - 1),
        ahead: applied + 1,
      };
      const offset = offsets[kind];
      const params = { data: btoa(data), exact: isNew, ...(offset === undefined ? {} : { offset }) };
      const { result, error } = await real.call(slot, "process.stdin", id, params);
      expectEqual(
        error?.message ?? result,
        expectedStdinReply(process, data, offset, { isNew, contract: real.contract }),
      );
    }),
);

/** Applies a write to the model, and returns the reply that the contract demands. */
function expectedStdinReply(
  process: ModelProcess | undefined,
  data: string,
  offset: number | undefined,
  { isNew, contract }: { readonly isNew: boolean; readonly contract: GenerationName },
): unknown {
  if (process === undefined) return "Process not found";
  const hasEnded = process.exit !== undefined;
  if (hasEnded && contract === "seed") return "Process not running";
  const applied = process.input.length;
  if (offset !== undefined && offset > applied) return "stdin offset gap: offset ahead of applied bytes";
  if (isNew && offset !== undefined && offset < applied) return "stdin offset taken: another client wrote there";
  if (offset !== undefined && offset < applied && offset + data.length <= applied) {
    return { success: true, applied, duplicate: true };
  }
  if (hasEnded) return "Process not running";
  process.input += data.slice(applied - (offset ?? applied));
  return { success: true, applied: process.input.length };
}

/** Returns letters that depend on their position, so that a misplaced piece is noticed. */
function textOf(length: number, at: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(97 + (at + i) * 7 % 25)).join("");
}

const closeStdin = fc.tuple(SLOT, ID).map(([slot, id]) =>
  command(`closeStdin(client ${slot}, ${id})`, async ({ processes }, real) => {
    const process = processes.get(id);
    const { result, error } = await real.call(slot, "process.closeStdin", id);
    if (process === undefined) return expectEqual(error?.message, "Process not found");
    if (process.exit !== undefined) return expectEqual(error?.message, "Process not running");
    expectEqual(result, { success: true });
    process.exit = "x 0  ";
    await waitFor(`${id} to end`, async () => (await real.describe(id))?.["running"] === false);
  })
);

const kill = fc.tuple(SLOT, ID, fc.constantFrom("KILL", "TERM", "SIGINT", "HUP"), fc.boolean()).map(
  ([slot, id, signal, wait]) =>
    command(`kill(client ${slot}, ${id}, ${signal}${wait ? ", wait" : ""})`, async ({ processes }, real) => {
      const process = processes.get(id);
      const method = wait ? "process.killAndWait" : "process.kill";
      const { result } = await real.call(slot, method, id, { signal });
      if (!wait) expectEqual(result, { success: true });
      else if (process === undefined) expectEqual(result, { found: false, died: false });
      else if (process.exit !== undefined) expectEqual(result, { found: true, died: true, alreadyExited: true });
      else expectEqual(result, { found: true, died: true });
      if (process === undefined || process.exit !== undefined) return;
      process.exit = `x -1 SIG${signal.replace("SIG", "")} client`;
      await waitFor(`${id} to end`, async () => (await real.describe(id))?.["running"] === false);
    }),
);

const FROM = ["start", "seen", "beyond"] as const;

const reattach = fc.tuple(SLOT, ID, fc.constantFrom(...FROM), fc.boolean()).map(([slot, id, from, observe]) =>
  command(
    `${observe ? "observe" : "reattach"}(client ${slot}, ${id}, from ${from})`,
    async ({ processes }, real) => {
      const process = processes.get(id);
      const seen = real.lastSeen(slot, id);
      const fromSeq = from === "start" ? 0 : from === "seen" ? seen : seen + 2;
      // Frames can only be skipped when none is in transit, because the seq of the next one must be known.
      if (process !== undefined && from === "beyond") await real.settle(id, process);
      const last = Number((await real.describe(id))?.["lastSeq"] ?? 0);
      const result = await real.reattach(slot, id, Math.min(fromSeq, last), observe);
      if (process === undefined) {
        const nothing = { found: false, running: false, firstSeq: 0, lastSeq: 0, stdinApplied: 0 };
        return expectEqual(result, nothing);
      }
      const { lastSeq, ...rest } = result!;
      const isRunning = process.exit === undefined;
      const firstSeq = Number(lastSeq) > 0 ? 1 : 0;
      expectEqual(rest, { found: true, running: isRunning, firstSeq, stdinApplied: process.input.length });
      if (observe) return void process.observers.add(slot);
      if (process.receiver !== undefined && process.receiver !== slot) {
        real.endStream(process.receiver, id, Number(lastSeq));
        if (isRunning) await real.expectNotice(process.receiver, id, "taken");
      }
      process.receiver = slot;
    },
    // A client that is both receiver and observer gets every frame twice, which the model does not cover.
    ({ processes }) => {
      const process = processes.get(id);
      return process === undefined || (!process.observers.has(slot) && !(observe && process.receiver === slot));
    },
  )
);

const disconnect = SLOT.map((slot) =>
  command(`disconnect(client ${slot})`, async ({ processes }, real) => {
    await real.cut(slot);
    for (const process of processes.values()) {
      process.observers.delete(slot);
      if (process.receiver === slot) process.receiver = undefined;
    }
  })
);

const settle = ID.map((id) =>
  command(
    `settle(${id})`,
    ({ processes }, real) => real.settle(id, processes.get(id)!),
    ({ processes }) => processes.has(id),
  )
);

const forget = fc.tuple(SLOT, ID).map(([slot, id]) =>
  command(`forget(client ${slot}, ${id})`, async ({ processes }, real) => {
    const process = processes.get(id);
    // A client that has not received all frames is notified; afterwards none is.
    if (process?.exit !== undefined) await real.settle(id, process);
    const { result, error } = await real.call(slot, "process.forget", id);
    if (process === undefined) return expectEqual(error?.message, "Process not found");
    if (process.exit === undefined) return expectEqual(error?.message, "Process is running");
    expectEqual(result, { success: true });
    processes.delete(id);
    expectEqual(await real.describe(id), undefined);
  })
);

const upgrade = fc.constant(command("upgrade", async ({ processes }, real) => {
  await real.upgrade();
  for (const process of processes.values()) {
    process.observers.clear();
    process.receiver = undefined;
  }
}));

const USUAL = [spawn, stdin, stdin, stdin, closeStdin, kill, reattach, reattach, disconnect, settle, forget];

/** Generates sequences of operations, with or without upgrades of the daemon. */
export function commands(withUpgrades: boolean): fc.Arbitrary<Iterable<Command>> {
  return fc.commands(withUpgrades ? [...USUAL, upgrade, upgrade] : USUAL, { maxCommands: 24 });
}

/** The slot of a client that the operations do not use. */
const NEW_CLIENT = CLIENTS;

/** Checks the state after any sequence: a new client receives all frames that were kept. */
export async function checkEnd({ processes }: Model, real: RealSystem): Promise<void> {
  for (const [id, process] of processes) {
    await real.settle(id, process);
    await real.reattach(NEW_CLIENT, id, 0, true);
    process.observers.add(NEW_CLIENT);
    await real.settle(id, process);
    await real.call(NEW_CLIENT, "process.killAndWait", id, { signal: "KILL" });
  }
}

function expectEqual(actual: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} instead of ${b}`);
}

/**
 * Keeps sessions and has each work through some prompts; killed at any instant and started again, it goes on. Its
 * argument is JSON: the options of the sessions, the prompts, and after how many steps it kills itself. A step is a
 * statement of the store or a write to a socket. It prints a line when it begins, and how many steps it took.
 *
 * @module
 */

import { DatabaseSync, StatementSync } from "node:sqlite";
import { openSessions, type OpenSessionsOptions, type Sessions } from "../../lib/sessions/mod.ts";
import { waitFor } from "../helpers/wait.ts";

/** The program's argument. */
export interface KeeperArgument {
  readonly options: OpenSessionsOptions;
  readonly path: string;
  readonly prompts: readonly string[];
  /** How many sessions it keeps. */
  readonly count: number;
  /** At which step the program kills itself. @default {never} */
  readonly killAt?: number;
}

/** Kills the program at a step. */
function killAtStep(killAt: number): () => number {
  let steps = 0;
  const count = () => {
    if (++steps === killAt) Deno.kill(Deno.pid, "SIGKILL");
  };
  const patch = (prototype: object, name: string) => {
    const original = Reflect.get(prototype, name);
    Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
      count();
      const result = original.apply(this, args);
      count();
      return result;
    });
  };
  patch(StatementSync.prototype, "run");
  patch(DatabaseSync.prototype, "exec");
  let isPatched = false;
  const connect = Deno.connect as (options: Deno.UnixConnectOptions) => Promise<Deno.UnixConn>;
  Reflect.set(Deno, "connect", async (options: Deno.UnixConnectOptions) => {
    const connection = await connect(options);
    if (!isPatched) patch(Object.getPrototypeOf(connection), "write");
    isPatched = true;
    return connection;
  });
  return () => steps;
}

async function work(sessions: Sessions, { path, prompts }: KeeperArgument, name: string): Promise<void> {
  const { id } = sessions.list().find((one) => one.name === name) ?? await sessions.start({ path, name });
  await waitFor("the start", () => sessions.get(id).status !== "starting");
  const known = new Set(
    sessions.events(id, { limit: 500, types: ["prompt"] })
      .filter(({ subtype }) => subtype === "queued")
      .map(({ payload }) => (payload as { prompt: string }).prompt),
  );
  for (const prompt of prompts) {
    if (!known.has(prompt)) await sessions.send(id, prompt, { startIfStopped: true });
  }
  await waitFor("the answers", async () => {
    const [permission] = sessions.get(id).permissions;
    if (permission !== undefined) sessions.answer(permission, { decision: "allow" }, "the test");
    const { status, queue } = sessions.get(id);
    if (status === "stopped" || status === "error") await sessions.resume(id);
    return status === "idle" && queue.length === 0;
  });
  await sessions.stop(id);
}

if (import.meta.main) {
  const argument: KeeperArgument = JSON.parse(Deno.args[0]!);
  const steps = killAtStep(argument.killAt ?? Infinity);
  await using sessions = await openSessions(argument.options);
  console.log("begun");
  await waitFor("the daemon", () => sessions.isDaemonUp);
  await Promise.all(Array.from({ length: argument.count }, (_, i) => work(sessions, argument, `k${i}`)));
  console.log(steps());
}

/**
 * Servers of the agent CLI as processes of the daemon.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { ConnectionLostError, RpcCallError } from "../client/errors.ts";
import { processStart } from "../client/process_tree.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { killTree } from "./adopted_programs.ts";
import type { Program, ProgramEnd, ProgramStart } from "./program.ts";

/** How long an end that was asked for may take before the caller is told, in milliseconds. */
const KILL_MS = 7_000;

/** How the output of a program is read. */
export interface OutputOptions {
  /** The number of the last frame that was read before. */
  readonly fromFrame: number;
  /** Takes error output, with the number of its frame. */
  readonly onErrors: (bytes: Uint8Array, frame: number) => Promise<void>;
  /** Called with unexpected errors. */
  readonly onFailure: (error: unknown) => void;
}

/** Starts servers, and finds them again. */
export class StandardPrograms {
  readonly #line: DaemonLine;

  /** @param line The connection to the daemon. */
  constructor(line: DaemonLine) {
    this.#line = line;
  }

  /**
   * Starts a server.
   *
   * @throws {RpcCallError} If it cannot be started.
   * @throws {RequestError} If there is no daemon.
   */
  async start(start: ProgramStart, output: OutputOptions): Promise<Program> {
    for (;;) {
      const client = await this.#line.soon();
      try {
        const { id, command, args, env, cwd } = start;
        await client.call("process.spawn", { id, command, args, env, cwd, wantPid: true, exitDetail: true });
        return await this.#follow(client, id, output);
      } catch (error) {
        if (!this.#line.noteFailure(client, error) && !(error instanceof ConnectionLostError)) throw error;
        // It may have been started.
        const found = await this.find(start.id, output);
        if (found !== undefined) return found;
      }
    }
  }

  /** Finds a server again; `undefined` if the daemon does not know it. One that has ended is found, too. */
  async find(id: string, output: OutputOptions): Promise<Program | undefined> {
    const client = await this.#line.soon();
    const { processes } = await client.call("process.list", {});
    if (!processes.some((one) => one.id === id)) return undefined;
    return await this.#follow(client, id, output);
  }

  async #follow(client: Client, id: string, output: OutputOptions): Promise<Program> {
    const { processes } = await client.call("process.list", {});
    const pid = processes.find((one) => one.id === id)?.pid ?? 0;
    const procStart = await processStart(client, pid);
    const detaching = new AbortController();
    const line = this.#line;
    return {
      pid,
      procStart,
      isAdopted: false,
      ended: read(client, id, output, detaching.signal),
      interrupt: async () => void await ignoreEnded(line.now().call("process.kill", { id, signal: "INT" })),
      async kill() {
        const now = line.now();
        await killTree(now, pid, false);
        const params = { id, signal: "KILL", group: true, timeoutMs: KILL_MS };
        await ignoreEnded(now.call("process.killAndWait", params));
      },
      [Symbol.dispose]: () => detaching.abort(new DOMException("the hub stops", "AbortError")),
    };
  }
}

/** Reads the output of a process up to its end. */
async function read(
  client: Client,
  id: string,
  { fromFrame, onErrors, onFailure }: OutputOptions,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  try {
    // What nobody has read in time is missing from the log, and nothing else.
    for await (const frame of client.frames(id, { fromSeq: fromFrame, signal, onGap: () => {} })) {
      if (frame.stream === "exit") return { kind: "ended", reason: reasonOf(frame.exit) };
      if (frame.stream === "stderr") await onErrors(frame.data, frame.seq);
    }
    return { kind: "ended", reason: "the program has ended" };
  } catch (error) {
    // Whatever it is: how the program ends cannot be known now, and is looked for again.
    if (!signal.aborted && !(error instanceof ClaustrumError)) onFailure(error);
    return { kind: "lost" };
  }
}

function reasonOf({ code, signal }: { readonly code: number; readonly signal?: string }): string {
  return signal === undefined ? `the program has ended with exit code ${code}` : `the program was ended by ${signal}`;
}

/** A process that has ended in the meantime needs no signal. */
async function ignoreEnded(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof RpcCallError)) throw error;
  }
}

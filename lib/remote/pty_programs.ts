/**
 * The agent CLI's own program in a terminal of tmux, with remote control.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { processStart } from "../client/process_tree.ts";
import { runCommand } from "../client/run_command.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { killTree } from "./adopted_programs.ts";
import type { Program, ProgramEnd, ProgramStart } from "./program.ts";
import type { Pane, Tmux } from "./tmux.ts";

/** How often to look whether a program is there, in milliseconds. */
const LOOK_MS = 1_000;
/** How far apart the two interrupts are that end the program, in milliseconds. */
const INTERRUPTS_MS = 400;
/** How often, and how many milliseconds apart, the exit code of a program is asked for that has ended. */
const [CODE_TRIES, CODE_MS] = [5, 100];
/** How much of the last screen is kept for the reason of an end, in characters. */
const MAX_SCREEN = 2_000;

/** Starts programs in terminals, and finds them again. */
export class PtyPrograms {
  readonly #line: DaemonLine;
  readonly #tmux: Tmux;

  readonly #onFailure: (error: unknown) => void;

  /**
   * @param line The connection to the daemon, which runs tmux.
   * @param onFailure Called with unexpected errors.
   */
  constructor(line: DaemonLine, tmux: Tmux, onFailure: (error: unknown) => void) {
    this.#line = line;
    this.#tmux = tmux;
    this.#onFailure = onFailure;
  }

  /**
   * Starts a program in a terminal.
   *
   * @param name What the name of the tmux session should be.
   * @throws {RequestError} If tmux fails.
   */
  async start({ id, command, args, env, cwd }: ProgramStart, name: string): Promise<Program> {
    // tmux hands the environment of its client to a new server only: `env` sets what the program needs.
    const words = ["env", ...Object.entries(env).map(([key, value]) => `${key}=${value}`), command, ...args];
    return await this.#watch(await this.#tmux.open({ owner: id, name, words, cwd }));
  }

  /** Finds a program again; `undefined` if it has no terminal. One that has ended is found, too. */
  async find(id: string): Promise<Program | undefined> {
    const pane = (await this.#tmux.panes(true)).find(({ owner }) => owner === id);
    return pane === undefined ? undefined : await this.#watch(pane);
  }

  async #watch(pane: Pane): Promise<Program> {
    const [line, tmux, onFailure] = [this.#line, this.#tmux, this.#onFailure];
    const client = await line.soon();
    const procStart = pane.isDead ? undefined : await processStart(client, pane.pid);
    const signal = async (name: string) =>
      void await runCommand(line.now(), { command: "kill", args: [`-${name}`, String(pane.pid)] });
    let isOver = false;
    const left = Promise.withResolvers<ProgramEnd>();
    const isRunning = async () => (await tmux.panes()).some(({ id, isDead }) => id === pane.id && !isDead);
    return {
      pid: pane.pid,
      procStart,
      isAdopted: false,
      ended: Promise.race([
        left.promise,
        this.#end(pane, () => isOver).catch((error): ProgramEnd => {
          onFailure(error);
          return { kind: "lost" };
        }),
      ]),
      async interrupt() {
        if (!await isRunning()) return;
        await signal("INT");
        await line.pause(INTERRUPTS_MS);
        if (await isRunning()) await signal("INT");
      },
      async kill() {
        if (await isRunning()) await killTree(line.now(), pane.pid, true);
        await tmux.close(pane.id);
      },
      screen: () => tmux.screen(pane.id),
      [Symbol.dispose]() {
        isOver = true;
        left.resolve({ kind: "lost" });
      },
    };
  }

  async #end(pane: Pane, isOver: () => boolean): Promise<ProgramEnd> {
    const [line, tmux] = [this.#line, this.#tmux];
    while (!isOver() && !line.signal.aborted) {
      try {
        const now = (await tmux.panes()).find(({ id, owner }) => id === pane.id && owner === pane.owner);
        if (now === undefined) return { kind: "ended", reason: "its terminal was closed" };
        if (now.isDead) return await this.#close(now);
      } catch (error) {
        // Neither tmux nor the daemon may answer for a while. Their errors are reported where somebody asks for something.
        if (!(error instanceof ClaustrumError)) throw error;
      }
      await line.pause(LOOK_MS);
    }
    return { kind: "lost" };
  }

  /** Closes the terminal of a program that has ended; its screen may say why. */
  async #close({ id, exitCode: known }: Pane): Promise<ProgramEnd> {
    const exitCode = known ?? await this.#exitCode(id);
    const screen = (await this.#tmux.screen(id)).replace(/^Pane is dead.*$/m, "").trim();
    await this.#tmux.close(id);
    const reason = `the program has ended${exitCode === undefined ? "" : ` with exit code ${exitCode}`}`;
    return { kind: "ended", reason: screen === "" ? reason : `${reason}: ${screen.slice(-MAX_SCREEN)}` };
  }

  /** tmux may know of an end a moment before it knows the exit code; of an end by a signal it never does. */
  async #exitCode(id: string): Promise<number | undefined> {
    for (let tries = 0; tries < CODE_TRIES; tries++) {
      await this.#line.pause(CODE_MS);
      const pane = (await this.#tmux.panes(true)).find((one) => one.id === id);
      if (pane?.exitCode !== undefined) return pane.exitCode;
    }
    return undefined;
  }
}

/**
 * Standing for a process in the foreground: its output, stdin, signals and exit code become those of this command. A
 * lost line only detaches. A broken pipe ends the process if this command has started it, as in a shell.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { StdinConflictError } from "../client/errors.ts";
import type { FollowProcessOptions, RemoteProcess } from "../client/remote_process.ts";
import type { ProcessExit } from "../process/frame_codec.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { type ByteSink, writeAll } from "../system/io.ts";
import { shellQuote } from "../system/quote.ts";
import { type CallerConnection, callerConnection } from "./caller_connection.ts";
import { BROKEN_PIPE, exitCodeOf, HUNG_UP, INTERRUPTED } from "./exit_code.ts";
import { ignoredSignals } from "./ignored_signals_linux.ts";
import { printMessage } from "./print.ts";
import { type ForegroundSignal, SignalPolicy } from "./signal_policy.ts";
import { forwardStdin } from "./stdin_forwarding.ts";

/** How long a process may take to end after its reader is gone, in milliseconds. */
const BROKEN_PIPE_MS = 1_000;

/** How a process is shown. */
export interface ForegroundOptions {
  /** Whether this command has started the process; only then a broken pipe ends it. */
  readonly isOwner: boolean;
  /** Whether stdin and signals stay here. */
  readonly isObserver: boolean;
  /** Whether the process is told that stdin has ended. */
  readonly passesEnd: boolean;
  /** The command that attaches to the process again. */
  readonly comeBack: string;
}

/** How it ends: with the process, or without it. */
type Outcome =
  | { readonly kind: "exited"; readonly exit: ProcessExit }
  | { readonly kind: "detached"; readonly code: number; readonly problem?: string };

/** Stdout or stderr of this command does not take what is written. */
class OutputError extends ClaustrumError {}

/** Shows one process; takes signals until it is disposed of. */
export class Foreground implements Disposable {
  readonly #client: Client;
  readonly #options: ForegroundOptions;
  readonly #caller: CallerConnection = callerConnection();
  readonly #left = Promise.withResolvers<Outcome>();
  readonly #signals = new SignalPolicy();
  readonly #handlers: readonly (readonly [ForegroundSignal, () => void])[];
  #process: RemoteProcess | undefined;
  /** Signals for a process that is still being started or attached to. */
  readonly #early: ("SIGINT" | "SIGTERM")[] = [];
  #isObserver: boolean;
  /** Why the process that this command has started cannot be fed; the process is being ended then. */
  #stdinError: Error | undefined;

  /** Takes signals from now on; nothing is shown yet. */
  constructor(client: Client, options: ForegroundOptions) {
    this.#client = client;
    this.#options = options;
    this.#isObserver = options.isObserver;
    const names: ForegroundSignal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    // SIGTERM always ends this command, even if its caller has it ignored.
    const ignored = Deno.build.os === "linux" ? ignoredSignals(["SIGINT", "SIGHUP"]) : [];
    // With any listener, the runtime no longer ignores signals that have none: these need one that does nothing.
    this.#handlers = names.map((name) => [name, ignored.includes(name) ? () => {} : () => this.#take(name)]);
    for (const [name, handler] of this.#handlers) Deno.addSignalListener(name, handler);
  }

  /** Takes no more signals, unless this command is detaching: one more ctrl-C must not make it end in another way. */
  [Symbol.dispose](): void {
    if (this.#signals.hasDetached) return;
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
  }

  /** What the process is to be started or attached with. */
  get callbacks(): Pick<FollowProcessOptions, "onTaken" | "onGap"> {
    return { onTaken: () => this.#becomeObserver(), onGap: ({ message }) => printMessage(message) };
  }

  /**
   * Shows a process until it ends or this command leaves it.
   *
   * @returns The exit code of this command.
   * @throws {ClaustrumError} If stdin cannot be read by the command that has started the process.
   */
  async show(process: RemoteProcess): Promise<number> {
    this.#process = process;
    for (const signal of this.#early) this.#pass(signal, process);
    if (!this.#isObserver) void this.#forwardStdin(process).catch(this.#left.reject);
    const outcome = await Promise.race([this.#left.promise, this.#follow(process)]);
    if (this.#stdinError !== undefined) {
      throw new ClaustrumError(describeStdinError(this.#stdinError), { cause: this.#stdinError });
    }
    if (outcome.kind === "exited") return await exitCodeOf(await this.#withSignal(outcome.exit, process.id));
    process.detach();
    if (outcome.problem !== undefined) printMessage(outcome.problem);
    printMessage(`detached from "${process.id}"; attach again with: ${this.#options.comeBack}`);
    return outcome.code;
  }

  #leave(code: number, problem?: string): void {
    this.#left.resolve({ kind: "detached", code, ...(problem === undefined ? {} : { problem }) });
  }

  #becomeObserver(): void {
    this.#isObserver = true;
    printMessage("another client has attached; this one only shows the output from now on");
  }

  async #follow(process: RemoteProcess): Promise<Outcome> {
    try {
      await Promise.all([copy(process.stdout, Deno.stdout), copy(process.stderr, Deno.stderr)]);
      return { kind: "exited", exit: await process.exit };
    } catch (error) {
      if (error instanceof OutputError) return await this.#loseOutput(process, error.cause);
      throw error;
    }
  }

  async #loseOutput(process: RemoteProcess, cause: unknown): Promise<Outcome> {
    const code = errnoCode(cause);
    if (code === "EIO") return { kind: "detached", code: HUNG_UP };
    if (code !== "EPIPE") return { kind: "detached", code: 1, problem: `cannot write the output: ${errnoText(cause)}` };
    if (await this.#caller.isLostAtBrokenPipe()) return { kind: "detached", code: HUNG_UP };
    if (!this.#options.isOwner || this.#isObserver) return { kind: "detached", code: BROKEN_PIPE };
    await this.#client.call("process.killAndWait", { id: process.id, timeoutMs: BROKEN_PIPE_MS });
    return { kind: "exited", exit: { code: -1, signal: "SIGPIPE" } };
  }

  async #forwardStdin(process: RemoteProcess): Promise<void> {
    // What is typed where another client has taken over was not meant for a process that somebody else steers.
    const isMuted = () => this.#isObserver && this.#caller.isTerminal;
    const end = await forwardStdin(process, { caller: this.#caller, passesEnd: this.#options.passesEnd, isMuted });
    if (end.kind === "lost") return this.#leave(HUNG_UP);
    if (end.kind !== "failed") return;
    const isShared = this.#isObserver && end.error instanceof StdinConflictError;
    if (!this.#options.isOwner || isShared) {
      return printMessage(`${describeStdinError(end.error)}; following without stdin`);
    }
    this.#stdinError = end.error;
    await this.#client.call("process.killAndWait", { id: process.id });
  }

  #take(signal: ForegroundSignal): void {
    // Only the command that has started the process ends it when it is terminated itself.
    const passed: ForegroundSignal[] = this.#isObserver
      ? []
      : this.#options.isOwner
      ? ["SIGINT", "SIGTERM"]
      : ["SIGINT"];
    const meaning = this.#signals.decide(signal, passed);
    if (meaning.kind === "none") return;
    if (meaning.kind === "pass") {
      if (this.#process === undefined) this.#early.push(meaning.signal);
      else this.#pass(meaning.signal, this.#process);
    } else if (meaning.kind === "exit") {
      Deno.exit(meaning.code);
    } else if (this.#process === undefined) {
      printMessage("interrupted before the daemon answered: claustrum ps lists what it has started");
      Deno.exit(meaning.code || INTERRUPTED);
    } else {
      this.#leave(meaning.code);
    }
  }

  #pass(signal: "SIGINT" | "SIGTERM", process: RemoteProcess): void {
    process.kill(signal).catch((error) => {
      // The process may have ended just now, and the daemon with it: its exit says so.
      if (!(error instanceof Error)) throw error;
    });
  }

  /** The exit frame of a process that was started without `exitDetail` has no signal, but the list of processes has. */
  async #withSignal(exit: ProcessExit, id: string): Promise<ProcessExit> {
    if (exit.code >= 0 || exit.signal !== undefined) return exit;
    const { processes } = await this.#client.call("process.list");
    const signal = processes.find((process) => process.id === id)?.signal;
    return signal === undefined ? exit : { ...exit, signal };
  }
}

async function copy(from: ReadableStream<Uint8Array>, to: ByteSink): Promise<void> {
  for await (const piece of from) {
    try {
      await writeAll(to, piece);
    } catch (error) {
      throw new OutputError("the output cannot be written", { cause: error });
    }
  }
}

/** Why stdin is not passed on, as a sentence. */
export function describeStdinError(error: Error): string {
  return errnoCode(error) === undefined ? error.message : `cannot read stdin: ${errnoText(error)}`;
}

/** The command that attaches to a process again, as it can be pasted into a shell. */
export function attachCommand(id: string, socket: string, isDefaultSocket: boolean): string {
  return ["claustrum attach", ...(isDefaultSocket ? [] : ["--socket", shellQuote(socket)]), shellQuote(id)].join(" ");
}

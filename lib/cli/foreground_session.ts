/**
 * Runs a remote process in the foreground: forwards its output, stdin, signals and exit code, as if this command were
 * the process. A lost connection only detaches. A broken pipe ends the process if this command has started it, as a
 * shell pipeline does.
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
import type { ProcessTerminal } from "./process_terminal.ts";
import { quoteId, showId } from "./process_text.ts";
import { type ForegroundSignal, SignalPolicy } from "./signal_policy.ts";
import { forwardStdin } from "./stdin_forwarding.ts";
import type { TerminalHint } from "./terminal_hint.ts";

/** How long a process may take to end after stdout of this command breaks, in milliseconds. */
const BROKEN_PIPE_MS = 1_000;

/** Options for a {@linkcode ForegroundSession}. */
export interface ForegroundOptions {
  /** Whether this command has started the process. Only then does a broken pipe end the process. */
  readonly isOwner: boolean;
  /** Whether the session shows output only, and forwards neither stdin nor signals. */
  readonly isObserver: boolean;
  /** Whether the end of stdin closes the stdin of the process. */
  readonly forwardsEnd: boolean;
  /** The command line that attaches to the process again. */
  readonly attachCommand: string;
  /** The person's side of the terminal in which the process runs. @default {it runs in none} */
  readonly terminal?: ProcessTerminal | undefined;
  /** Gives a hint to a person whose program needs a terminal. @default {no hint} */
  readonly hint?: TerminalHint | undefined;
}

/** How a session ends: the process exits, or this command detaches from it. */
type Outcome =
  | { readonly kind: "exited"; readonly exit: ProcessExit }
  | { readonly kind: "detached"; readonly code: number; readonly problem?: string };

/** A write to stdout or stderr of this command failed. */
class OutputError extends ClaustrumError {}

/** A process in the foreground. The session handles signals until it is disposed. */
export class ForegroundSession implements Disposable {
  readonly #client: Client;
  readonly #options: ForegroundOptions;
  readonly #caller: CallerConnection = callerConnection();
  readonly #detached = Promise.withResolvers<Outcome>();
  readonly #policy = new SignalPolicy();
  readonly #handlers: readonly (readonly [ForegroundSignal, () => void])[];
  #process: RemoteProcess | undefined;
  /** Signals that arrived before the process was started or attached to. */
  readonly #pendingSignals: ("SIGINT" | "SIGTERM")[] = [];
  #isObserver: boolean;
  /** Whether the person's terminal is being brought back: nothing of the process is shown any more. */
  #isOver = false;
  /** Why stdin cannot be forwarded. If it is set, this command is ending the process that it has started. */
  #stdinError: Error | undefined;

  /** Creates a session, which handles signals from now on. */
  constructor(client: Client, options: ForegroundOptions) {
    this.#client = client;
    this.#options = options;
    this.#isObserver = options.isObserver;
    const names: ForegroundSignal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
    // SIGTERM is always handled, even if this command inherited it as ignored.
    const ignored = Deno.build.os === "linux" ? ignoredSignals(["SIGINT", "SIGHUP"]) : [];
    // Once any listener exists, the runtime stops ignoring the other signals, so ignored ones need an empty listener.
    this.#handlers = names.map((name) => [name, ignored.includes(name) ? () => {} : () => this.#handleSignal(name)]);
    for (const [name, handler] of this.#handlers) Deno.addSignalListener(name, handler);
  }

  /** Stops handling signals. While this command detaches, it keeps handling them: another ctrl-C must not kill it. */
  [Symbol.dispose](): void {
    if (this.#policy.hasDetached) return;
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
  }

  /** The callbacks with which the process must be started or attached to. */
  get callbacks(): Pick<FollowProcessOptions, "onTaken" | "onGap"> {
    return { onTaken: () => this.#becomeObserver(), onGap: ({ message }) => printMessage(message) };
  }

  /**
   * Follows a process until it ends or this command detaches from it.
   *
   * @returns The exit code of this command.
   * @throws {ClaustrumError} If this command has started the process and cannot read its own stdin.
   */
  async follow(process: RemoteProcess): Promise<number> {
    this.#process = process;
    for (const signal of this.#pendingSignals) this.#forwardSignal(signal, process);
    const outcome = await this.#run(process);
    if (this.#stdinError !== undefined) {
      throw new ClaustrumError(describeStdinError(this.#stdinError), { cause: this.#stdinError });
    }
    if (outcome.kind === "exited") return await exitCodeOf(await this.#withSignal(outcome.exit, process.id));
    process.detach();
    if (outcome.problem !== undefined) printMessage(outcome.problem);
    printMessage(`detached from "${showId(process.id)}"; attach again with: ${this.#options.attachCommand}`);
    return outcome.code;
  }

  /** Passes input and output on until the end. The person's terminal is as before then, however that comes. */
  async #run(process: RemoteProcess): Promise<Outcome> {
    const { terminal } = this.#options;
    let hasEnded = false;
    try {
      await terminal?.begin(process, this.#isObserver);
      const isRead = !this.#isObserver || terminal?.hasKeys === true;
      if (isRead) void this.#forwardStdin(process).catch(this.#detached.reject);
      const outcome = await Promise.race([this.#detached.promise, this.#copyOutput(process)]);
      hasEnded = outcome.kind === "exited";
      return outcome;
    } finally {
      this.#isOver = true;
      await terminal?.end(hasEnded);
    }
  }

  #becomeObserver(): void {
    this.#isObserver = true;
    const message = "another client has attached; this one only shows the output from now on";
    if (this.#options.terminal === undefined) printMessage(message);
    else this.#options.terminal.noteTaken(message);
  }

  async #copyOutput(process: RemoteProcess): Promise<Outcome> {
    const { terminal, hint } = this.#options;
    const untilOver = (sink: ByteSink): ByteSink => ({
      write: (bytes) => this.#isOver ? Promise.resolve(bytes.length) : sink.write(bytes),
    });
    const [stdout, stderr] = [untilOver(Deno.stdout), untilOver(Deno.stderr)];
    try {
      await Promise.all([
        copy(process.stdout, stdout, (chunk) => terminal?.take(chunk)),
        copy(process.stderr, stderr, (chunk) => hint?.noteStderr(chunk)),
      ]);
      const exit = await process.exit;
      hint?.noteExit(exit.code);
      return { kind: "exited", exit };
    } catch (error) {
      if (error instanceof OutputError) return await this.#handleOutputError(process, error.cause);
      throw error;
    }
  }

  async #handleOutputError(process: RemoteProcess, cause: unknown): Promise<Outcome> {
    const code = errnoCode(cause);
    if (code === "EIO") return { kind: "detached", code: HUNG_UP };
    if (code !== "EPIPE") return { kind: "detached", code: 1, problem: `cannot write the output: ${errnoText(cause)}` };
    if (await this.#caller.isLostAtBrokenPipe()) return { kind: "detached", code: HUNG_UP };
    if (!this.#options.isOwner || this.#isObserver) return { kind: "detached", code: BROKEN_PIPE };
    await this.#client.call("process.killAndWait", { id: process.id, timeoutMs: BROKEN_PIPE_MS });
    return { kind: "exited", exit: { code: -1, signal: "SIGPIPE" } };
  }

  async #forwardStdin(process: RemoteProcess): Promise<void> {
    // After another client has attached, keys pressed in this terminal are not meant for the process any more.
    const isMuted = () => this.#isObserver && this.#caller.isTerminal;
    const { forwardsEnd, isOwner, terminal } = this.#options;
    const findEnd = (typed: Uint8Array) => terminal?.findDetachKey(typed, this.#isObserver);
    const result = await forwardStdin(process, { caller: this.#caller, forwardsEnd, isMuted, findEnd });
    if (result.kind === "detached") return this.#detached.resolve({ kind: "detached", code: 0 });
    if (result.kind === "lost") return this.#detached.resolve({ kind: "detached", code: HUNG_UP });
    if (result.kind !== "failed") return;
    const isShared = this.#isObserver && result.error instanceof StdinConflictError;
    if (!isOwner || isShared) return printMessage(`${describeStdinError(result.error)}; following without stdin`);
    this.#stdinError = result.error;
    await this.#client.call("process.killAndWait", { id: process.id });
  }

  #handleSignal(signal: ForegroundSignal): void {
    // SIGTERM is forwarded only by the command that has started the process. In a terminal ctrl-C is a key, so a signal
    // is for this command.
    const forwarded: ForegroundSignal[] = this.#isObserver || this.#options.terminal?.hasKeys === true
      ? []
      : this.#options.isOwner
      ? ["SIGINT", "SIGTERM"]
      : ["SIGINT"];
    const action = this.#policy.decide(signal, forwarded);
    if (action.kind === "ignore") return;
    if (action.kind === "forward") {
      if (this.#process === undefined) this.#pendingSignals.push(action.signal);
      else this.#forwardSignal(action.signal, this.#process);
    } else if (action.kind === "exit") {
      Deno.exit(action.code);
    } else if (this.#process === undefined) {
      printMessage("interrupted before the daemon answered: claustrum ps lists what it has started");
      Deno.exit(action.code || INTERRUPTED);
    } else {
      this.#detached.resolve({ kind: "detached", code: action.code });
    }
  }

  #forwardSignal(signal: "SIGINT" | "SIGTERM", process: RemoteProcess): void {
    process.kill(signal).catch((error) => {
      // The process or the daemon may have just ended, which the exit of the process reports.
      if (!(error instanceof Error)) throw error;
    });
  }

  /** Adds the signal to the exit of a process that was started without `exitDetail`. `process.list` always has it. */
  async #withSignal(exit: ProcessExit, id: string): Promise<ProcessExit> {
    if (exit.code >= 0 || exit.signal !== undefined) return exit;
    const { processes } = await this.#client.call("process.list");
    const signal = processes.find((process) => process.id === id)?.signal;
    return signal === undefined ? exit : { ...exit, signal };
  }
}

async function copy(
  from: ReadableStream<Uint8Array>,
  to: ByteSink,
  note: (chunk: Uint8Array) => void,
): Promise<void> {
  for await (const chunk of from) {
    try {
      await writeAll(to, chunk);
    } catch (error) {
      throw new OutputError("the output cannot be written", { cause: error });
    }
    note(chunk);
  }
}

/** Describes in one sentence why stdin is not forwarded. */
export function describeStdinError(error: Error): string {
  return errnoCode(error) === undefined ? error.message : `cannot read stdin: ${errnoText(error)}`;
}

/** Returns the command line that attaches to a process again, quoted for a shell. */
export function formatAttachCommand(id: string, socket: string, isDefaultSocket: boolean): string {
  return ["claustrum attach", ...(isDefaultSocket ? [] : ["--socket", shellQuote(socket)]), quoteId(id)].join(" ");
}

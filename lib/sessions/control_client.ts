/**
 * A client of tmux in control mode: a process of the daemon that takes commands and says what happens.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { endProcess } from "../client/end_process.ts";
import type { RemoteProcess } from "../client/remote_process.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { type ControlMessage, ControlParser } from "./tmux_control.ts";

/** How long a process may take to be killed and forgotten while the caller waits, in milliseconds. */
const CLEANUP_MS = 2_000;
/** How long the end of a process may take after the end of its output, in milliseconds. */
const EXIT_MS = 2_000;
const ENCODER = new TextEncoder();

/** A command that tmux refused, or that it can no longer answer. */
export class ControlError extends ClaustrumError {
  /** Whether the daemon or its connection is gone. */
  readonly isLost: boolean;

  /** Creates an error. */
  constructor({ message, isLost }: ControlEnd, options?: ErrorOptions) {
    super(message, options);
    this.isLost = isLost;
  }
}

/** Options of {@linkcode ControlClient.start}. */
export interface ControlClientOptions {
  /** The connection to the daemon. */
  readonly client: Client;
  /** The source of time. */
  readonly clock: Clock;
  /** The id of the process. */
  readonly id: string;
  /** The arguments of tmux. */
  readonly args: readonly string[];
  /** Takes each message that is no reply to a command, in order. */
  readonly onMessage: (message: ControlMessage) => void;
  /** Called once, when tmux or the connection has ended by itself. */
  readonly onEnd: (end: ControlEnd) => void;
}

/** How a client of tmux came to its end. */
export interface ControlEnd {
  /** Whether nothing is known of it any more: the daemon or its connection is gone. */
  readonly isLost: boolean;
  /** What tmux or the daemon said. */
  readonly message: string;
}

/** Commands that wait for their replies. */
interface Waiting {
  readonly count: number;
  readonly replies: (readonly Uint8Array[])[];
  resolve(replies: (readonly Uint8Array[])[]): void;
  reject(error: Error): void;
}

/** See the module comment. */
export class ControlClient implements AsyncDisposable {
  readonly #options: ControlClientOptions;
  readonly #process: RemoteProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #parser = new ControlParser();
  /** Settles when commands can be sent: tmux may run one that comes sooner before it has attached the client. */
  readonly #started = Promise.withResolvers<void>();
  /** Those whose replies come next, in order. */
  readonly #waiting: Waiting[] = [];
  readonly #reading: Promise<void>;
  #end: ControlEnd | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Starts the process; settles when tmux has run the command in its arguments.
   *
   * @throws {ControlError} If tmux refuses that command.
   * @throws {RpcCallError} If tmux cannot be started.
   */
  static async start(options: ControlClientOptions): Promise<ControlClient> {
    const { client, id, args } = options;
    const control = new ControlClient(await client.spawn({ id, command: "tmux", args }), options);
    try {
      await control.#started.promise;
      return control;
    } catch (error) {
      await control[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(process: RemoteProcess, options: ControlClientOptions) {
    this.#process = process;
    this.#options = options;
    this.#stdin = process.stdin.getWriter();
    // That the process has ended is noticed where its output ends.
    this.#stdin.closed.catch(() => {});
    this.#started.promise.catch(() => {});
    this.#reading = this.#read();
  }

  /**
   * Runs commands, one directly after the other, and returns the lines that each replies.
   *
   * @throws {ControlError} If tmux refuses one, after which it does not run the rest; or if tmux has ended.
   */
  async run(commands: readonly string[]): Promise<(readonly Uint8Array[])[]> {
    if (this.#end !== undefined) throw new ControlError(this.#end);
    const { promise, resolve, reject } = Promise.withResolvers<(readonly Uint8Array[])[]>();
    promise.catch(() => {}); // the write below may fail first
    this.#waiting.push({ count: commands.length, replies: [], resolve, reject });
    await this.#write(`${commands.join(" ; ")}\n`);
    return await promise;
  }

  /** Ends the process, and has the daemon forget it; never rejects. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#fail({ isLost: false, message: "the terminal was closed" });
    return this.#closing ??= this.#close();
  }

  async #write(line: string): Promise<void> {
    try {
      await this.#stdin.write(ENCODER.encode(line));
    } catch (error) {
      const end = this.#end ?? { isLost: false, message: `tmux takes no more commands: ${messageOf(error)}` };
      throw new ControlError(end, { cause: error });
    }
  }

  async #read(): Promise<void> {
    let end: ControlEnd;
    try {
      let reason = "";
      for await (const bytes of this.#process.stdout) {
        for (const message of this.#parser.push(bytes)) {
          if (message.kind === "exit") reason = message.reason;
          else this.#take(message);
        }
      }
      end = { isLost: false, message: reason || await this.#complaint() };
    } catch (error) {
      end = { isLost: true, message: messageOf(error) };
    }
    if (this.#end !== undefined) return;
    this.#fail(end);
    this.#options.onEnd(end);
  }

  /** What tmux said on stderr. */
  async #complaint(): Promise<string> {
    const text = new Response(this.#process.stderr).text().then((text) => text.trim(), messageOf);
    await happensWithin(text, EXIT_MS, this.#options.clock);
    return await Promise.race([text, ""]) || "tmux has ended";
  }

  #take(message: ControlMessage): void {
    if (message.kind !== "reply") return this.#options.onMessage(message);
    const problem = { isLost: false, message: `tmux failed: ${textOf(message.lines)}` };
    const error = message.isError ? new ControlError(problem) : undefined;
    if (message.isOwn) return this.#takeReply(message.lines, error);
    // The first one is that of the command in the arguments; hooks follow.
    if (error !== undefined) this.#started.reject(error);
    else this.#started.resolve();
  }

  #takeReply(lines: readonly Uint8Array[], error: ControlError | undefined): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    first.replies.push(lines);
    if (error === undefined && first.replies.length < first.count) return;
    this.#waiting.shift();
    if (error !== undefined) first.reject(error);
    else first.resolve(first.replies);
  }

  #fail(end: ControlEnd): void {
    this.#end ??= end;
    this.#started.reject(new ControlError(this.#end));
    for (const { reject } of this.#waiting.splice(0)) reject(new ControlError(this.#end));
  }

  async #close(): Promise<void> {
    const { client, clock, id } = this.#options;
    this.#process.detach();
    await this.#reading;
    await happensWithin(endProcess(client, id), CLEANUP_MS, clock);
  }
}

function textOf(lines: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return lines.map((line) => decoder.decode(line)).join(" ");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

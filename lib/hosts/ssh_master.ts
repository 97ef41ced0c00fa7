/**
 * The one connection of `ssh` to a host that all others share, as a process of the daemon. It runs a small program there.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { HELPER_PREFIX, runCommand } from "../client/run_command.ts";
import type { RemoteProcess } from "../client/remote_process.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import {
  readRemoteLine,
  remoteCommand,
  type RemoteMessage,
  type RemotePlace,
  START_REQUEST,
  tokenRequest,
} from "./remote_shell.ts";
import { forwardArguments, masterArguments, type SshPlace } from "./ssh_arguments.ts";

/** The beginning of the ids of processes that belong to lines. */
export const SSH_PREFIX = `${HELPER_PREFIX}ssh/`;
/** How long a host may take to answer a request for the token, in milliseconds. */
const ANSWER_MS = 15_000;
/** How long a login may take, in milliseconds: a person may have to touch a key first. */
const LOGIN_MS = 60_000;
/** How long a hub may take to start on a host, in milliseconds. */
const START_MS = 60_000;
/** How long a process may take to be killed and forgotten while the caller waits, in milliseconds. */
const CLEANUP_MS = 2_000;
/** How much of what the host prints is kept to explain a failure, in characters. */
const MAX_STDERR = 16 << 10;
/** The longest line of the program, in characters; longer ones are noise. */
const MAX_LINE = 64 << 10;
const ENCODER = new TextEncoder();

/** The connection has ended; what `ssh` printed says why. */
export class SshEndedError extends ClaustrumError {
  /** What `ssh` and the host's shell printed to stderr, at most the last 16 KiB. */
  readonly stderr: string;
  /** Whether the host had let somebody in before. */
  readonly wasUp: boolean;

  /**
   * Creates the error.
   *
   * @param wasUp Whether the host had let somebody in before.
   */
  constructor(stderr: string, wasUp: boolean, options?: ErrorOptions) {
    super("the connection over ssh has ended", options);
    this.stderr = stderr;
    this.wasUp = wasUp;
  }
}

/** Options of {@linkcode SshMaster.open}. */
export interface SshMasterOptions {
  /** The connection to the daemon. */
  readonly client: Client;
  /** The name of `ssh`, or its path. */
  readonly program: string;
  /** The host. */
  readonly place: SshPlace;
  /** The source of time. */
  readonly clock: Clock;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** See the module comment. */
export class SshMaster implements AsyncDisposable {
  /** Where the hub of the host keeps its files, unless the hub says something else. */
  readonly place: RemotePlace;
  /** Settles with what `ssh` printed, when the connection has ended. */
  readonly ended: Promise<SshEndedError>;
  readonly #options: SshMasterOptions;
  readonly #program: RemoteProgram;

  private constructor(options: SshMasterOptions, program: RemoteProgram, place: RemotePlace) {
    this.#options = options;
    this.#program = program;
    this.place = place;
    this.ended = program.ended;
  }

  /**
   * Connects, and waits until the host's program has answered.
   *
   * @throws {SshEndedError} If `ssh` ends before that.
   * @throws {RpcCallError} If `ssh` cannot be started.
   */
  static async open(options: SshMasterOptions): Promise<SshMaster> {
    const { client, program, place, clock, signal } = options;
    signal.throwIfAborted();
    const mark = `c${crypto.randomUUID().replaceAll("-", "")}`;
    const id = `${SSH_PREFIX}${crypto.randomUUID()}`;
    const args = masterArguments(place, remoteCommand(mark));
    const process = await client.spawn({ id, command: program, args });
    const remote = new RemoteProgram(client, process, mark, clock);
    const abort = () => void remote[Symbol.asyncDispose]();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const answer = remote.next("place");
      // A start-up file that never ends must not keep a turn of the logins for good.
      if (!await happensWithin(answer.then(() => {}, () => {}), LOGIN_MS, clock)) {
        throw new SshEndedError("the host's shell timed out", false);
      }
      const { place: found } = await answer;
      signal.throwIfAborted();
      return new SshMaster(options, remote, found);
    } catch (error) {
      await remote[Symbol.asyncDispose]();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * Asks for the token of the host's hub.
   *
   * @returns The token; empty if there is no hub.
   * @throws {SshEndedError} If the connection has ended.
   */
  async token(place: RemotePlace): Promise<string> {
    return (await this.#program.ask(tokenRequest(place), "token", ANSWER_MS)).token;
  }

  /**
   * Starts the host's hub, unless it runs.
   *
   * @returns How that ended, and what it printed; 127 if claustrum is not installed.
   * @throws {SshEndedError} If the connection has ended.
   */
  async startHub(): Promise<{ readonly code: number; readonly output: string }> {
    return await this.#program.ask(START_REQUEST, "started", START_MS);
  }

  /**
   * Forwards a socket of the host to one of this machine.
   *
   * @throws {SshEndedError} If `ssh` refuses.
   */
  async forward(local: string, remote: string): Promise<void> {
    const { client, program, place } = this.#options;
    const args = forwardArguments(place, local, remote);
    const { code, stderr } = await runCommand(client, { command: program, args, timeoutMs: ANSWER_MS });
    if (code !== 0) throw new SshEndedError(new TextDecoder().decode(stderr), true);
  }

  /** Ends the connection, and has the daemon forget it; never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}

interface Waiter {
  readonly type: RemoteMessage["type"];
  resolve(message: RemoteMessage): void;
  reject(error: Error): void;
}

/** The program on the host: what it is asked, and what it answers, in order. */
class RemoteProgram implements AsyncDisposable {
  readonly ended: Promise<SshEndedError>;
  readonly #client: Client;
  readonly #process: RemoteProcess;
  readonly #mark: string;
  readonly #clock: Clock;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiters: Waiter[] = [];
  #end: SshEndedError | undefined;
  #stderr = "";
  /** Whether the program has said something: the host has let it run. */
  #isIn = false;
  #closing: Promise<void> | undefined;

  constructor(client: Client, process: RemoteProcess, mark: string, clock: Clock) {
    this.#client = client;
    this.#process = process;
    this.#mark = mark;
    this.#clock = clock;
    this.#stdin = process.stdin.getWriter();
    this.#stdin.closed.catch(() => {}); // the end of the process is noticed at its exit
    this.ended = this.#run();
  }

  /** Waits for the next message of a type. */
  next<T extends RemoteMessage["type"]>(type: T): Promise<Extract<RemoteMessage, { type: T }>> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const { promise, resolve, reject } = Promise.withResolvers<RemoteMessage>();
    promise.catch(() => {}); // the write of a request may fail first
    this.#waiters.push({ type, resolve, reject });
    return promise as Promise<Extract<RemoteMessage, { type: T }>>;
  }

  /** Asks, and waits for the answer; a host that does not answer in time counts as lost. */
  async ask<T extends RemoteMessage["type"]>(request: string, type: T, ms: number) {
    const answer = this.next(type);
    try {
      await this.#stdin.write(ENCODER.encode(request));
    } catch (error) {
      throw this.#end ?? new SshEndedError(this.#stderr, this.#isIn, { cause: error });
    }
    if (await happensWithin(answer.then(() => {}, () => {}), ms, this.#clock)) return await answer;
    void this[Symbol.asyncDispose]();
    throw new SshEndedError(`${this.#stderr}\nthe host's shell timed out`, this.#isIn);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #run(): Promise<SshEndedError> {
    const reading = Promise.allSettled([this.#readStdout(), this.#readStderr()]);
    const exit = await this.#process.exit.then(() => undefined, (error) => error);
    await reading;
    this.#end = new SshEndedError(this.#stderr, this.#isIn, { cause: exit });
    for (const { reject } of this.#waiters.splice(0)) reject(this.#end);
    void this[Symbol.asyncDispose]();
    return this.#end;
  }

  async #readStdout(): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!.slice(-MAX_LINE);
      for (const line of lines) this.#take(line);
    }
  }

  #take(line: string): void {
    const message = readRemoteLine(line, this.#mark);
    if (message === undefined) return;
    this.#isIn = true;
    const at = this.#waiters.findIndex(({ type }) => type === message.type);
    if (at >= 0) this.#waiters.splice(at, 1)[0]!.resolve(message);
  }

  async #readStderr(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR);
    }
  }

  async #close(): Promise<void> {
    await happensWithin(this.#endProcess(), CLEANUP_MS, this.#clock);
  }

  /** Failures mean that the daemon is gone, or the process: there is nothing left to end then. */
  async #endProcess(): Promise<void> {
    this.#stdin.close().catch(() => {});
    const { id } = this.#process;
    try {
      await this.#process.kill("SIGKILL");
      await this.#process.exit;
      await this.#client.call("process.forget", { id });
    } catch (error) {
      if (!(error instanceof ClaustrumError)) throw error;
    } finally {
      this.#process.detach();
    }
  }
}

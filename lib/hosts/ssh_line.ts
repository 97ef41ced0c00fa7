/**
 * The line to a host over SSH: it connects, comes back by itself, and says when a person has to do something.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";
import type { Client } from "../client/connect.ts";
import { ConnectionLostError, HostRefusedError, RpcCallError } from "../client/errors.ts";
import { endProcess } from "../client/end_process.ts";
import type { Transport } from "../client/wire_connection.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { removeIfThere } from "../system/private_files.ts";
import { RequestError } from "../system/request_error.ts";
import type { LoginGate } from "./login_gate.ts";
import { processTransport } from "./process_transport.ts";
import { readStarted, type RemotePlace } from "./remote_shell.ts";
import { commandArguments, type SshPlace } from "./ssh_arguments.ts";
import { acceptHostKey, hostFingerprint, type HostKeyOptions } from "./ssh_host_key.ts";
import { explainSsh, isRefusal, type SshFailure } from "./ssh_failure.ts";
import { SSH_PREFIX, SshEndedError, SshMaster } from "./ssh_master.ts";
import { type FarCommand, type FarExit, runOverSsh } from "./ssh_run.ts";
import type { LineState } from "./types.ts";

/** The first and the longest pause between two attempts, in milliseconds; names are looked up slowly. */
const BACKOFF_MS = { first: 200, longest: 60_000, slow: 30_000 };
/** How long to wait for the daemon before a command of a person fails, in milliseconds. */
const DAEMON_MS = 10_000;
/** What the shell exits with when it finds no such program. */
const NOT_FOUND = 127;
/** The command that copies between the hub's socket and its own stdin and stdout. */
const BRIDGE = "exec sh -c 'PATH=\"$PATH:$HOME/.local/bin\" exec claustrum hub bridge'";

/** Options of {@linkcode SshLine}. */
export interface SshLineOptions {
  /** Returns the connection to the daemon, which runs `ssh`, as soon as there is one. */
  readonly client: () => Promise<Client>;
  /** The name of `ssh`, or its path. @default {"ssh"} */
  readonly program?: string;
  /** The host. */
  readonly place: SshPlace;
  /** Where the hub's socket of the host appears on this machine. */
  readonly socket: string;
  /** Bounds the logins to all hosts. */
  readonly logins: LoginGate;
  /** Called with each new state. */
  readonly onState: (state: LineState) => void;
  /** The source of time. */
  readonly clock: Clock;
  /** Returns a random number in [0, 1), which varies the pauses. */
  readonly random?: () => number;
}

/** A connection to the host that is up. */
interface UpLine {
  readonly master: SshMaster;
  readonly place: RemotePlace;
}

/** See the module comment. */
export class SshLine implements AsyncDisposable {
  readonly #options: SshLineOptions;
  readonly #closing = new AbortController();
  /** The processes that run commands apart from the line. */
  readonly #runs = new Set<string>();
  /** Ends the connection that is up. */
  #cut = new AbortController();
  readonly #running: Promise<void>;
  #state: LineState = { status: "connecting" };
  #up = Promise.withResolvers<UpLine>();
  #retry = Promise.withResolvers<void>();
  #backoff = BACKOFF_MS.first;

  /** Connects from now on. */
  constructor(options: SshLineOptions) {
    this.#options = options;
    this.#up.promise.catch(() => {}); // there may be no caller that waits
    this.#running = this.#run();
  }

  /** How it goes. */
  get state(): LineState {
    return this.#state;
  }

  /** Tries again now, as after a person has mended what was wrong. */
  retry(): void {
    this.#backoff = BACKOFF_MS.first;
    this.#retry.resolve();
  }

  /**
   * Accepts the key of a host that is not known yet, and tries again.
   *
   * @param fingerprint The one that a person has seen and accepted.
   * @throws {RequestError} If the line does not wait for that, or the host shows another key.
   */
  async acceptKey(fingerprint: string): Promise<void> {
    if (this.#state.problem !== "host_key_unknown") {
      throw new RequestError("conflict", "no unknown key waits to be accepted there");
    }
    await acceptHostKey(await this.#ssh(), fingerprint, `${this.#options.place.control}.key`);
    this.retry();
  }

  /**
   * Returns the token of the host's hub.
   *
   * @throws {HostRefusedError} If a person has to do something first.
   * @throws {ConnectionLostError} If the line breaks.
   */
  async token(): Promise<string> {
    const { master, place } = await this.#up.promise;
    return await lostAs(() => master.token(place));
  }

  /**
   * Connects to the host's hub.
   *
   * @throws {HostRefusedError} If a person has to do something first.
   * @throws {ConnectionLostError} If the line breaks.
   */
  async dial(): Promise<Transport> {
    await this.#up.promise;
    return await lostAs(() => this.#state.via === "bridge" ? this.#bridge() : this.#connect());
  }

  /** Connects anew, if the line is up: what was found on the host may have changed. */
  reconnect(): void {
    this.#cut.abort(new ConnectionLostError("the line to the host is made anew"));
    this.retry();
  }

  /**
   * Runs a command on the host, apart from the line, which need not be up.
   *
   * @throws {RequestError} If the host cannot be reached.
   * @throws What the input throws, and the signal's reason.
   */
  async run(command: FarCommand): Promise<FarExit> {
    const { place, logins, program = "ssh" } = this.#options;
    const signal = AbortSignal.any([command.signal, this.#closing.signal]);
    const client = await this.#daemon(signal);
    const id = `${SSH_PREFIX}${crypto.randomUUID()}`;
    this.#runs.add(id);
    try {
      return await runOverSsh({ client, id, program, place, logins }, { ...command, signal });
    } finally {
      this.#runs.delete(id);
    }
  }

  async #daemon(signal: AbortSignal): Promise<Client> {
    const client = this.#options.client();
    if (!await happensWithin(abortable(client, signal), DAEMON_MS, this.#options.clock)) {
      throw new RequestError("unavailable", "the daemon does not answer, which runs ssh: try claustrum hub start");
    }
    return await client;
  }

  /** Ends the line. */
  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new ConnectionLostError("the line to the host was closed");
    this.#closing.abort(reason);
    this.#up.reject(reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        this.#cut = new AbortController();
        await using master = await this.#logIn();
        const ended = await abortable(master.ended, AbortSignal.any([signal, this.#cut.signal]));
        this.#down(explainSsh(ended.stderr));
      } catch (error) {
        if (signal.aborted) return;
        this.#down(await this.#withFingerprint(failureOf(error)));
      }
      await this.#pause();
    }
  }

  /** Connects, and makes the hub of the host reachable. */
  async #logIn(): Promise<SshMaster> {
    const { client, program = "ssh", place, logins, clock } = this.#options;
    const { signal } = this.#closing;
    using _turn = await logins.enter(signal);
    this.#set({ status: "connecting" });
    const daemon = await abortable(client(), signal);
    await endLeftovers(daemon, place.control, this.#runs);
    // What a killed hub has left would keep the new one from listening.
    for (const path of [place.control, this.#options.socket]) await removeIfThere(path);
    const master = await SshMaster.open({ client: daemon, program, place, clock, signal });
    try {
      const reached = await this.#reachHub(master);
      this.#backoff = BACKOFF_MS.first;
      this.#set({ status: "up", via: reached.via });
      this.#up.resolve({ master, place: reached.place });
      return master;
    } catch (error) {
      await master[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** `ssh` does not tell the fingerprint of an unknown key when nobody can answer. */
  async #withFingerprint(failure: SshFailure): Promise<SshFailure> {
    if (failure.problem !== "host_key_unknown") return failure;
    try {
      const fingerprint = await hostFingerprint(await this.#ssh());
      return fingerprint === undefined ? failure : { ...failure, fingerprint };
    } catch (error) {
      // The person can still look by hand.
      if (error instanceof ClaustrumError) return failure;
      throw error;
    }
  }

  async #ssh(): Promise<HostKeyOptions> {
    const { client, program = "ssh", place } = this.#options;
    return { client: await client(), program, place };
  }

  /** Finds the hub of the host, starts it if none runs, and finds the way to it. */
  async #reachHub(master: SshMaster): Promise<{ readonly place: RemotePlace; readonly via: "forward" | "bridge" }> {
    if (await master.token(master.place) !== "" && await this.#forwards(master, master.place)) {
      return { place: master.place, via: "forward" };
    }
    const { code, output } = await master.startHub();
    if (code === NOT_FOUND) throw refusal("not_installed", "claustrum is not installed there");
    const place = code === 0 ? readStarted(output) : undefined;
    if (place === undefined) {
      throw refusal("hub_does_not_start", `the hub does not start there: ${output.trim().slice(-500)}`);
    }
    return { place, via: await this.#forwards(master, place) ? "forward" : "bridge" };
  }

  /** Forwards the socket of the hub, and checks that something is at the other end: `ssh` itself always agrees. */
  async #forwards(master: SshMaster, place: RemotePlace): Promise<boolean> {
    await removeIfThere(this.#options.socket);
    await master.forward(this.#options.socket, place.socket);
    using probe = await this.#connect();
    const token = await master.token(place);
    const request = { jsonrpc: "2.0", id: 1, method: "hub.status", params: {}, auth: token };
    try {
      await probe.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      return await abortable(probe.read(new Uint8Array(1)), this.#closing.signal) !== null;
    } catch (error) {
      if (this.#closing.signal.aborted || !(error instanceof Error)) throw error;
      return false;
    }
  }

  async #connect(): Promise<Transport & Disposable> {
    const connection = await Deno.connect({ transport: "unix", path: this.#options.socket });
    let isClosed = false;
    const close = () => {
      if (!isClosed) connection.close();
      isClosed = true;
    };
    return {
      read: (into) => connection.read(into),
      write: (bytes) => connection.write(bytes),
      close,
      [Symbol.dispose]: close,
    };
  }

  async #bridge(): Promise<Transport> {
    const { client, program = "ssh", place } = this.#options;
    const daemon = await client();
    const id = `${SSH_PREFIX}${crypto.randomUUID()}`;
    const process = await daemon.spawn({ id, command: program, args: commandArguments(place, BRIDGE) });
    return processTransport(process, () => void endProcess(daemon, id));
  }

  #down({ problem, reason, fingerprint }: SshFailure): void {
    const status = isRefusal(problem) ? "refused" : "offline";
    const former = this.#up;
    this.#up = Promise.withResolvers();
    this.#up.promise.catch(() => {}); // there may be no caller that waits
    if (status === "refused") {
      const error = new HostRefusedError(reason);
      former.reject(error);
      this.#up.reject(error);
    } else former.reject(new ConnectionLostError(reason));
    this.#set({ status, problem, reason, ...(fingerprint === undefined ? {} : { fingerprint }) });
  }

  #set(state: LineState): void {
    this.#state = state;
    this.#options.onState(state);
  }

  /** Waits until it makes sense to try again. */
  async #pause(): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const { status, problem } = this.#state;
    this.#retry = Promise.withResolvers();
    let cancel = () => {};
    if (status !== "refused") {
      const least = problem === "name_not_found" ? BACKOFF_MS.slow : 0;
      cancel = clock.after(Math.max(least, this.#backoff) * (0.5 + random()), () => this.#retry.resolve());
      this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MS.longest);
    }
    try {
      await abortable(this.#retry.promise, this.#closing.signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      cancel();
    }
    if (status === "refused") {
      this.#up = Promise.withResolvers();
      this.#up.promise.catch(() => {}); // there may be no caller that waits
    }
  }
}

/** Ends what a killed hub has left running for a host. */
async function endLeftovers(daemon: Client, control: string, kept: ReadonlySet<string>): Promise<void> {
  const { processes } = await daemon.call("process.list", {});
  const left = processes.filter(({ id, args }) => id.startsWith(SSH_PREFIX) && !kept.has(id) && args.includes(control));
  await Promise.all(left.map(({ id }) => endProcess(daemon, id)));
}

/** A problem that stays until a person has done something. */
class RefusalError extends ClaustrumError {
  readonly failure: SshFailure;

  constructor(failure: SshFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

function refusal(problem: SshFailure["problem"], reason: string): RefusalError {
  return new RefusalError({ problem, reason });
}

function failureOf(error: unknown): SshFailure {
  if (error instanceof RefusalError) return error.failure;
  if (error instanceof SshEndedError) return explainSsh(error.stderr);
  if (error instanceof RpcCallError) {
    return { problem: "bad_configuration", reason: `ssh cannot be started: ${error.message}` };
  }
  return { problem: "lost", reason: error instanceof Error ? error.message : String(error) };
}

/** Makes of what goes wrong on a line that was up a lost connection, after which a client tries again. */
async function lostAs<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConnectionLostError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ConnectionLostError(`the line to the host is not there: ${message}`, { cause: error });
  }
}

/**
 * The line to a host over SSH: it connects, comes back by itself, and says when a person has to do something.
 *
 * @module
 */

import { abortable } from "../client/abortable.ts";
import type { Client } from "../client/connect.ts";
import { ConnectionLostError, HostRefusedError } from "../client/errors.ts";
import { endProcess } from "../client/end_process.ts";
import type { Transport } from "../client/wire_connection.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { type Clock, happensWithin } from "../system/clock.ts";
import { removeIfThere } from "../system/private_files.ts";
import { RequestError } from "../system/request_error.ts";
import { afterMark } from "./after_mark.ts";
import { failureOf, lostAs } from "./line_failure.ts";
import type { LoginGate } from "./login_gate.ts";
import { processTransport } from "./process_transport.ts";
import { connectSocket, reachHub } from "./reach_hub.ts";
import type { RemotePlace } from "./remote_shell.ts";
import { commandArguments, type SshPlace } from "./ssh_arguments.ts";
import { acceptHostKey, hostFingerprint, type HostKeyOptions } from "./ssh_host_key.ts";
import { isRefusal, type SshFailure } from "./ssh_failure.ts";
import { SSH_PREFIX, SshMaster } from "./ssh_master.ts";
import { type FarCommand, type FarExit, runOverSsh } from "./ssh_run.ts";
import type { LineState } from "./types.ts";

/** The first and the longest pause between two attempts, in milliseconds; names are looked up slowly. */
const BACKOFF_MS = { first: 200, longest: 60_000, slow: 30_000 };
/** How long to wait for the daemon before a command of a person fails, in milliseconds. */
const DAEMON_MS = 10_000;
/** The command that copies between the hub's socket and its own stdin and stdout, once it has printed a mark. */
function bridgeCommand(mark: string): string {
  return `exec sh -c 'echo ${mark}; PATH="$PATH:$HOME/.local/bin" exec claustrum hub bridge'`;
}

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
    const { logins, place } = this.#options;
    {
      using _turn = await logins.enter(this.#closing.signal);
      await acceptHostKey(await this.#ssh(), fingerprint, `${place.control}.key`);
    }
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
    return await lostAs(() => this.#state.via === "bridge" ? this.#bridge() : connectSocket(this.#options.socket));
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
        this.#down(failureOf(ended));
      } catch (error) {
        if (signal.aborted) return;
        this.#down(await this.#withFingerprint(failureOf(error)));
      }
      await this.#pause();
    }
  }

  /** Connects, and makes the hub of the host reachable. */
  async #logIn(): Promise<SshMaster> {
    const master = await this.#openMaster();
    const { signal } = this.#closing;
    // Who removes a host need not wait until its hub has started.
    const end = () => void master[Symbol.asyncDispose]();
    signal.addEventListener("abort", end, { once: true });
    try {
      signal.throwIfAborted();
      const { socket, clock } = this.#options;
      const reached = await reachHub(master, { socket, signal, clock });
      this.#backoff = BACKOFF_MS.first;
      this.#set({ status: "up", via: reached.via });
      this.#up.resolve({ master, place: reached.place });
      return master;
    } catch (error) {
      await master[Symbol.asyncDispose]();
      throw error;
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  /** Connects. The turn of the logins is over then: others need not wait for the hub of this host. */
  async #openMaster(): Promise<SshMaster> {
    const { client, program = "ssh", place, logins, clock } = this.#options;
    const { signal } = this.#closing;
    using _turn = await logins.enter(signal);
    this.#set({ status: "connecting" });
    const daemon = await abortable(client(), signal);
    await endLeftovers(daemon, place.control, this.#runs);
    // What a killed hub has left would keep the new one from listening.
    for (const path of [place.control, this.#options.socket]) await removeIfThere(path);
    return await SshMaster.open({ client: daemon, program, place, clock, signal });
  }

  /** `ssh` does not tell the fingerprint of an unknown key when nobody can answer. */
  async #withFingerprint(failure: SshFailure): Promise<SshFailure> {
    if (failure.problem !== "host_key_unknown") return failure;
    try {
      const { signal } = this.#closing;
      using _turn = await this.#options.logins.enter(signal);
      const fingerprint = await abortable(hostFingerprint(await this.#ssh()), signal);
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

  async #bridge(): Promise<Transport> {
    const { client, program = "ssh", place } = this.#options;
    const daemon = await client();
    const id = `${SSH_PREFIX}${crypto.randomUUID()}`;
    const mark = `c${crypto.randomUUID().replaceAll("-", "")}`;
    const process = await daemon.spawn({ id, command: program, args: commandArguments(place, bridgeCommand(mark)) });
    return afterMark(processTransport(process, () => void endProcess(daemon, id)), mark);
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

/**
 * Installations on hosts: at most one at a time on each, whose progress is part of what is told of the host.
 *
 * @module
 */

import { abortable } from "../../client/abortable.ts";
import {
  type FarFacts,
  type FarPrograms,
  farPrograms,
  installRelease,
  probeHost,
  restartFar,
  uninstallFar,
} from "../../hosts/installation.ts";
import { findRelease, type RunningRelease } from "../../hosts/release.ts";
import type { HostInstall, InstallAction, InstallStep, LineState } from "../../hosts/types.ts";
import { type Clock, happensWithin } from "../../system/clock.ts";
import { counted } from "../../system/counted.ts";
import { RequestError } from "../../system/request_error.ts";
import type { HostLine, HostShell } from "./host_line.ts";
import type { HostMirror } from "./host_mirror.ts";

/** How long a host may take to tell what it is, in milliseconds. */
const PROBE_MS = 60_000;
/** How long its hub may take to be reached after an installation, in milliseconds. */
const START_MS = 90_000;
/** How long a line may take to notice that nothing is installed any more while the caller waits, in milliseconds. */
const NOTICE_MS = 15_000;
/** How many bytes are sent between two notices of it. */
const NOTICE_BYTES = 2 << 20;
/** The states of sessions in which no agent runs. */
const ENDED: ReadonlySet<string> = new Set(["stopped", "error"]);

/** A host on which something is installed. */
export interface InstallTarget {
  /** Its name. */
  readonly name: string;
  /** The way to it. */
  readonly line: HostLine;
  /** What is known of it. */
  readonly mirror: HostMirror;
}

/** Options of {@linkcode HostInstalls}. */
export interface HostInstallsOptions {
  /** The program that this hub runs. */
  readonly running: RunningRelease;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when an installation of a host has made progress. */
  readonly onChange: (name: string) => void;
}

interface Job {
  state: HostInstall;
  readonly closing: AbortController;
}

/** See the module comment. */
export class HostInstalls implements Disposable {
  readonly #options: HostInstallsOptions;
  readonly #jobs = new Map<string, Job>();
  #changed = Promise.withResolvers<void>();

  /** Nothing is installed yet. */
  constructor(options: HostInstallsOptions) {
    this.#options = options;
  }

  /** Returns the installation that runs on a host, or the last one if it has failed. */
  state(name: string): HostInstall | undefined {
    return this.#jobs.get(name)?.state;
  }

  /** Says that something of a host has changed, for which an installation may wait. */
  noteChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Forgets a host; an installation that runs there is given up, and leaves what was there before. */
  forget(name: string): void {
    this.#jobs.get(name)?.closing.abort(new RequestError("conflict", `host "${name}" was removed`));
    this.#jobs.delete(name);
  }

  /** Gives up all installations. */
  [Symbol.dispose](): void {
    for (const { closing } of this.#jobs.values()) {
      closing.abort(new RequestError("unavailable", "the hub stops: try again when it runs"));
    }
    this.#jobs.clear();
  }

  /**
   * Installs a release, and waits until the hub there is reached. What runs there goes on, under the new version.
   *
   * @param directory A directory with the release. @default {the one that this hub runs from}
   * @throws {RequestError} If that fails; unless it says otherwise, what was there before is as it was.
   */
  async install(target: InstallTarget, action: "install" | "upgrade", directory: string | undefined): Promise<void> {
    await this.#work(target, action, async (shell, job) => {
      const facts = await this.#probe(shell, job);
      checkPlace(target.name, action, facts);
      const release = await findRelease(facts.target, this.#options.running, directory);
      const { line, mirror } = target;
      const former = { state: line.state, contacts: mirror.contacts, isUp: mirror.isUp };
      let version = facts.version ?? "";
      if (facts.digest !== release.digest) {
        const total = release.bytes;
        let told = 0;
        version = await installRelease(shell, {
          ...{ release, facts, restarts: facts.isInstalled, signal: job.closing.signal },
          onStep: (step, sent) => {
            if (sent === undefined) return this.#step(target.name, job, step);
            if (sent > 0 && sent < total && sent - told < NOTICE_BYTES) return;
            told = sent;
            this.#step(target.name, job, step, { sent, total });
          },
        });
      } else {
        if (await runs(mirror, facts.version)) return;
        this.#step(target.name, job, "restarting");
        await restartFar(shell, job.closing.signal);
      }
      // A hub that ran has been restarted where the line finds it.
      if (!former.isUp || line.state.status !== "up") shell.reconnect();
      this.#step(target.name, job, "starting");
      await this.#reached(target, version, former, job);
    });
  }

  /**
   * Takes away what was installed.
   *
   * @param endsSessions Whether sessions that run are ended.
   * @returns What is left there.
   * @throws {RequestError} If that fails, or sessions run.
   */
  async uninstall(target: InstallTarget, endsSessions: boolean): Promise<readonly string[]> {
    return await this.#work(target, "uninstall", async (shell, job) => {
      if (!endsSessions) requireIdle(target, await farPrograms(shell, job.closing.signal));
      this.#step(target.name, job, "removing");
      const left = await uninstallFar(shell, endsSessions, job.closing.signal);
      const former = target.line.state;
      shell.reconnect();
      await this.#noticed(target, former, job);
      return left;
    });
  }

  async #work<T>(
    { name, line }: InstallTarget,
    action: InstallAction,
    work: (shell: HostShell, job: Job) => Promise<T>,
  ): Promise<T> {
    const { shell } = line;
    if (shell === undefined) {
      throw new RequestError(
        "conflict",
        `${name} is reached over ${line.kind}, and not over ssh: ${action} it by hand`,
      );
    }
    const former = this.#jobs.get(name);
    if (former !== undefined && former.state.error === undefined) {
      throw new RequestError("conflict", `an ${former.state.action} runs on ${name} already: wait until it is over`);
    }
    const job: Job = { state: { action, step: "probing" }, closing: new AbortController() };
    this.#jobs.set(name, job);
    this.#options.onChange(name);
    try {
      const result = await work(shell, job);
      if (this.#jobs.get(name) === job) this.#jobs.delete(name);
      return result;
    } catch (error) {
      const { signal } = job.closing;
      const cause = signal.aborted ? signal.reason : error;
      job.state = { ...job.state, error: cause instanceof Error ? cause.message : String(cause) };
      if (cause instanceof RequestError) throw new RequestError(cause.kind, `${name}: ${cause.message}`, { cause });
      throw cause;
    } finally {
      this.#options.onChange(name);
    }
  }

  #step(name: string, job: Job, step: InstallStep, amounts: Partial<HostInstall> = {}): void {
    job.state = { action: job.state.action, step, ...amounts };
    this.#options.onChange(name);
  }

  async #probe(shell: HostShell, { closing }: Job): Promise<FarFacts> {
    const tooLate = new AbortController();
    const reason = new RequestError("unavailable", "it does not tell what it is: try ssh by hand");
    const cancel = this.#options.clock.after(PROBE_MS, () => tooLate.abort(reason));
    try {
      return await probeHost(shell, AbortSignal.any([closing.signal, tooLate.signal]));
    } finally {
      cancel();
    }
  }

  /** Waits until the line has noticed that nothing is installed any more. */
  async #noticed({ line }: InstallTarget, former: LineState, { closing }: Job): Promise<void> {
    const isNoticed = async () => {
      while (line.state === former || line.state.status !== "refused") {
        await abortable(this.#changed.promise, closing.signal);
      }
    };
    await happensWithin(isNoticed(), NOTICE_MS, this.#options.clock);
  }

  /** Waits until the hub of a host is reached, and is the one that was installed. */
  async #reached(
    { name, line, mirror }: InstallTarget,
    version: string,
    former: { readonly state: LineState; readonly contacts: number },
    { closing }: Job,
  ): Promise<void> {
    // A line that still says what it said before has not tried again yet.
    const isRefused = () => line.state !== former.state && line.state.status === "refused";
    const isReached = async () => {
      while (!mirror.isUp || mirror.contacts === former.contacts || mirror.version !== version) {
        const changed = this.#changed.promise;
        if (isRefused()) return;
        mirror.hurry();
        await abortable(changed, closing.signal);
      }
    };
    const isInTime = await happensWithin(isReached(), START_MS, this.#options.clock);
    if (isInTime && !isRefused()) return;
    const reason = line.state.reason ??
      `its hub is not that of version ${version} yet: try claustrum host retry ${name}`;
    throw new RequestError("unavailable", `the release is installed, but ${reason}`);
  }
}

/** Whether the hub and the daemon of a host are those of a version. */
async function runs(mirror: HostMirror, version: string | undefined): Promise<boolean> {
  if (!mirror.isUp) return false;
  const { version: hub, daemon } = await mirror.call("hub.status", {});
  return hub === version && (!daemon.running || daemon.version === version);
}

/**
 * Lets nobody end by mistake what runs on a host.
 *
 * @throws {RequestError} If something runs there.
 */
function requireIdle({ name, mirror }: InstallTarget, { processes, terminals }: FarPrograms): void {
  const sessions = mirror.sessions.filter(({ status }) => !ENDED.has(status)).length;
  const others = processes.filter((id) => !id.startsWith("session/") && !id.startsWith("remote/"));
  const counts = [
    someOf(Math.max(sessions, processes.filter((id) => id.startsWith("session/")).length), "session"),
    someOf(processes.filter((id) => id.startsWith("remote/")).length, "remote-control server"),
    someOf(terminals.length, "terminal"),
    someOf(others.length, "other process", "other processes", others),
  ].filter((text) => text !== "");
  if (counts.length === 0) return;
  const what = counts.join(", ");
  throw new RequestError(
    "conflict",
    `${what} on ${name} would be ended or left alone: stop them first, or add --sessions`,
  );
}

/** Says how many there are of something, and names the first ones; "" for none. */
function someOf(count: number, noun: string, nouns?: string, names: readonly string[] = []): string {
  if (count === 0) return "";
  const named = names.length === 0 ? "" : ` (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""})`;
  return `${counted(count, noun, nouns)}${named}`;
}

function checkPlace(name: string, action: InstallAction, { found, isInstalled }: FarFacts): void {
  if (found !== undefined) {
    throw new RequestError("conflict", `its shell finds ${found} first: remove that, or upgrade it there by hand`);
  }
  if (action === "upgrade" && !isInstalled) {
    throw new RequestError("conflict", `claustrum is not installed there: claustrum host install ${name}`);
  }
}

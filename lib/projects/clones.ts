/**
 * Cloning repositories into new projects: git runs in the daemon, guarded; what it fetches becomes a project only once it
 * is whole.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { CommandLimitError, RpcCallError } from "../client/errors.ts";
import { runCommand } from "../client/run_command.ts";
import type { Clock } from "../system/clock.ts";
import { errnoCode } from "../system/errno.ts";
import { RequestError } from "../system/request_error.ts";
import { type AddressJudge, addressJudge, type AddressRules } from "./clone_addresses.ts";
import { cloneOwner, findClones, newCloneId, removeClone } from "./clone_directory.ts";
import { CloneError } from "./clone_error.ts";
import { OLDEST_GIT } from "./clone_git.ts";
import { checkedAddresses, type HostResolver, resolveHost } from "./clone_host.ts";
import { cloneProcess, CloneRun, isDaemonTrouble, killClone } from "./clone_run.ts";
import { type CloneSource, parseCloneUrl } from "./clone_url.ts";
import { ProjectError } from "./project_error.ts";
import { checkProjectName } from "./project_name.ts";
import type { ProjectRoot } from "./project_root.ts";
import type { CloneJob, CloneParams, ProjectNotice } from "./types.ts";

/** How long a clone that has ended is listed, in milliseconds. */
const LISTED_MS = 3_600_000;
/** How many clones may run at once. */
const MAX_RUNNING = 4;
/** How long git may take to tell its version, in milliseconds. */
const VERSION_MS = 10_000;

/** What may be cloned. */
export interface CloneConfig extends AddressRules {
  /** The schemes of URLs. */
  readonly schemes: readonly string[];
  /** How large a clone may become, in MiB; 0 for no limit. */
  readonly maxMb: number;
  /** How long a clone may take, in seconds; 0 for no limit. */
  readonly timeoutSeconds: number;
}

/** Options of {@linkcode Clones}. */
export interface ClonesOptions {
  /** The directory of the projects. */
  readonly root: ProjectRoot;
  /** What may be cloned. */
  readonly config: CloneConfig;
  /** What tells this hub from others that use the same directory, such as its state directory. */
  readonly owner: string;
  /** The connection to the daemon. */
  readonly line: Pick<DaemonLine, "soon">;
  /** The source of time. */
  readonly clock: Clock;
  /** Tells those who watch. */
  readonly publish: (notice: ProjectNotice) => void;
  /** Called with errors that no caller waits for. */
  readonly onError: (error: unknown) => void;
  /** Looks hosts up. @default {in the daemon} */
  readonly resolve?: HostResolver;
  /** Says which addresses may be connected to. @default {those that the configuration allows} */
  readonly judge?: AddressJudge;
  /** More arguments of ssh; in tests only. @default {none} */
  readonly sshArgs?: readonly string[];
}

/** The clones of a hub. */
export class Clones implements AsyncDisposable {
  readonly #options: ClonesOptions;
  readonly #judge: AddressJudge;
  readonly #resolve: HostResolver;
  readonly #owner: Promise<string>;
  readonly #runs = new Map<string, CloneRun>();
  /** The names of projects that are being cloned, or about to be. */
  readonly #names = new Set<string>();
  readonly #swept: Promise<void>;
  #isClosed = false;

  /** Removes what an earlier run of the hub has left. */
  constructor(options: ClonesOptions) {
    this.#options = options;
    this.#judge = options.judge ?? addressJudge(options.config);
    this.#resolve = options.resolve ?? resolveHost;
    this.#owner = cloneOwner(options.owner);
    this.#swept = this.#sweep().catch((error) => {
      if (!this.#isClosed) options.onError(error);
    });
  }

  /** Settles when what an earlier run of the hub has left is gone. */
  get swept(): Promise<void> {
    return this.#swept;
  }

  /**
   * Starts to clone.
   *
   * @throws {CloneError} If the URL or its host are not right.
   * @throws {ProjectError} If there is such a project, or none can have the name.
   */
  async start({ url, name, shallow = false }: CloneParams): Promise<CloneJob> {
    const { root, config, line } = this.#options;
    const source = parseCloneUrl(url, config.schemes);
    const wanted = name ?? source.name;
    checkProjectName(wanted);
    if (this.#names.has(wanted)) throw new CloneError("conflict", `"${wanted}" is being cloned already`);
    if (this.#names.size >= MAX_RUNNING) {
      throw new CloneError("conflict", `${MAX_RUNNING} clones run already: wait for one, or cancel it`);
    }
    this.#names.add(wanted);
    try {
      const { path } = await root.placeOfNew(wanted);
      const client = await line.soon();
      await requireGit(client);
      const addresses = await checkedAddresses(source, { client, resolve: this.#resolve, judge: this.#judge });
      return await this.#run(path, source, addresses, shallow);
    } catch (error) {
      this.#names.delete(wanted);
      throw error;
    }
  }

  /** Returns the clones that run, and those that have ended within an hour, the newest first. */
  list(): readonly CloneJob[] {
    this.#forgetOld();
    return [...this.#runs.values()].map(({ job }) => job).reverse();
  }

  /**
   * Cancels a clone; settles when nothing is left of it.
   *
   * @throws {CloneError} If there is no such clone, or it has ended.
   */
  async cancel(id: string): Promise<CloneJob> {
    const run = this.#runs.get(id);
    if (run === undefined) throw new CloneError("unknown", `there is no clone ${JSON.stringify(id.slice(0, 64))}`);
    if (run.job.status !== "running") {
      throw new CloneError("conflict", `the clone of "${run.job.name}" has ended already: ${run.job.status}`);
    }
    await run.cancel();
    return run.job;
  }

  /** Cancels all clones. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#runs.values()].map((run) => run.cancel()));
  }

  async #run(
    path: string,
    source: CloneSource,
    addresses: readonly string[],
    isShallow: boolean,
  ): Promise<CloneJob> {
    const { config: { maxMb, timeoutSeconds }, line, clock, publish, onError, sshArgs = [] } = this.#options;
    const id = newCloneId(await this.#owner);
    const slash = path.lastIndexOf("/");
    const [root, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (this.#isClosed) throw new CloneError("unavailable", "the hub is stopping");
    const run = new CloneRun({
      ...{ id, name, root, source, addresses, isShallow, line, clock, sshArgs, onError },
      maxBytes: maxMb === 0 ? Infinity : maxMb * (1 << 20),
      timeoutMs: timeoutSeconds === 0 ? Infinity : timeoutSeconds * 1_000,
      onChange: (job) => publish({ topic: "clones", job }),
    });
    this.#runs.set(id, run);
    void run.ended.then(() => {
      this.#names.delete(name);
      if (run.job.status === "done") publish({ topic: "projects", name });
    });
    publish({ topic: "clones", job: run.job });
    return run.job;
  }

  #forgetOld(): void {
    const since = this.#options.clock.now() - LISTED_MS;
    for (const [id, { job: { ended_at } }] of this.#runs) {
      if (ended_at !== undefined && Date.parse(ended_at) < since) this.#runs.delete(id);
    }
  }

  /** Nobody else has directories with our mark: one hub at a time uses a state directory. */
  async #sweep(): Promise<void> {
    const { root, line, clock } = this.#options;
    const owner = await this.#owner;
    const found = await findLeft(root, owner);
    const left = found.filter(({ id }) => !this.#runs.has(id));
    if (left.length === 0) return;
    try {
      const client = await line.soon();
      for (const { id } of left) await killClone(client, cloneProcess(id));
      for (const { id } of left) await client.call("process.forget", { id: cloneProcess(id) }).catch(ignoreUnknown);
    } catch (error) {
      // Without a daemon there is no git that is still writing, or only for a moment.
      if (!(error instanceof RequestError) && !isDaemonTrouble(error)) throw error;
    }
    for (const { path } of left) {
      await removeClone(path, () => new Promise((resolve) => void clock.after(100, resolve)));
    }
  }
}

/** Nothing, rather than an error, where the directory cannot be used: whoever asks for projects is told so. */
async function findLeft(root: ProjectRoot, owner: string): Promise<{ id: string; path: string }[]> {
  if (!root.isConfigured) return [];
  try {
    return await findClones(await root.path(), owner);
  } catch (error) {
    if (error instanceof ProjectError || errnoCode(error) !== undefined) return [];
    throw error;
  }
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof RpcCallError)) throw error;
}

/** @throws {CloneError} If there is no git, or one that does not keep to the addresses that were checked. */
async function requireGit(client: Client): Promise<void> {
  const version = await gitVersion(client);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const [oldestMajor, oldestMinor] = OLDEST_GIT;
  const isNewEnough = Number(major) > oldestMajor || Number(major) === oldestMajor && Number(minor) >= oldestMinor;
  if (isNewEnough) return;
  throw new CloneError(
    "conflict",
    `cloning needs git ${oldestMajor}.${oldestMinor} or newer where the daemon runs; there it is "${version.trim()}"`,
  );
}

async function gitVersion(client: Client): Promise<string> {
  try {
    const { stdout } = await runCommand(client, { command: "git", args: ["version"], timeoutMs: VERSION_MS });
    return new TextDecoder().decode(stdout).slice(0, 100);
  } catch (error) {
    if (!(error instanceof RpcCallError) && !(error instanceof CommandLimitError)) throw error;
    throw new CloneError("conflict", `git cannot be used where the daemon runs: ${error.message}`, { cause: error });
  }
}

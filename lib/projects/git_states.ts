/**
 * The branch and the changes of many repositories, asked in the background: git takes much longer than the rest of what
 * a list of projects shows.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import type { DaemonLine } from "../client/daemon_line.ts";
import { CommandLimitError, ConnectionLostError, DaemonGoneError, RpcCallError } from "../client/errors.ts";
import { readGit } from "../client/read_git.ts";
import type { Clock } from "../system/clock.ts";

/** How many repositories are asked at a time. */
const MAX_AT_ONCE = 4;
/** How much git may print about one repository, in bytes. */
const MAX_BYTES = 4 << 20;
/** The work trees that belong to a repository, as a path that git leaves out. */
export const WORKTREES = ".claude/worktrees";
/** All files but those of work trees. */
export const OWN_FILES = ["--", ".", `:(exclude)${WORKTREES}`] as const;

/** What git says about a repository. */
export interface GitState {
  /** The branch that is checked out; `null` if none is, or git cannot say. */
  readonly branch: string | null;
  /** How many files differ from the last commit; `null` if git cannot say. */
  readonly changes: number | null;
}

/** Options of {@linkcode GitStates}. */
export interface GitStatesOptions {
  /** The connection to the daemon. */
  readonly line: DaemonLine;
  /** The source of time. */
  readonly clock: Clock;
  /** Called when something is known of a repository that was not known before. */
  readonly onChange: (path: string) => void;
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

interface Known {
  readonly state: GitState;
  readonly at: number;
}

/** Asks git about repositories, some at a time, and keeps the answers. */
export class GitStates {
  readonly #options: GitStatesOptions;
  readonly #known = new Map<string, Known>();
  /** The repositories to ask, the most urgent first. */
  #queue: string[] = [];
  readonly #asked = new Map<string, Promise<void>>();

  /** Asks nothing until it is told to. */
  constructor(options: GitStatesOptions) {
    this.#options = options;
  }

  /** How many repositories wait to be asked. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Returns what is known of a repository. */
  get(path: string): GitState | undefined {
    return this.#known.get(path)?.state;
  }

  /**
   * Asks about repositories, unless that was done a moment ago. What was still to be asked, and is not among them, is
   * not asked any more.
   *
   * @param urgent The repositories to ask first.
   * @param others More of them, of which those are asked first that were not asked for the longest time.
   * @param ms How old an answer may be, in milliseconds.
   * @param most How many of the others are asked at most.
   */
  want(
    urgent: readonly string[],
    others: readonly string[],
    { ms, most = Infinity }: { readonly ms: number; readonly most?: number },
  ): void {
    const now = this.#options.clock.elapsed();
    const askedAt = (path: string) => this.#known.get(path)?.at ?? -Infinity;
    const isDue = (path: string) => !this.#asked.has(path) && now - askedAt(path) >= ms;
    const inTurn = others.filter(isDue).sort((a, b) => askedAt(a) < askedAt(b) ? -1 : askedAt(a) > askedAt(b) ? 1 : 0);
    this.#queue = [...urgent.filter(isDue), ...inTurn.slice(0, most)];
    this.#next();
  }

  /** Asks about a repository now; returns the answer. */
  async ask(path: string): Promise<GitState> {
    await this.#asked.get(path);
    await this.#ask(path);
    return this.get(path) ?? UNKNOWN;
  }

  /** Forgets all repositories but some. */
  keep(paths: ReadonlySet<string>): void {
    for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path);
  }

  /** Asks no more; settles when nothing is being asked. */
  async close(): Promise<void> {
    this.#queue = [];
    await Promise.all(this.#asked.values());
  }

  #next(): void {
    while (this.#asked.size < MAX_AT_ONCE && this.#queue.length > 0) {
      const path = this.#queue.shift()!;
      if (!this.#asked.has(path)) void this.#ask(path).then(() => this.#next());
    }
  }

  #ask(path: string): Promise<void> {
    const asking = this.#update(path).catch(this.#options.onError).finally(() => this.#asked.delete(path));
    this.#asked.set(path, asking);
    return asking;
  }

  async #update(path: string): Promise<void> {
    const { line, clock, onChange } = this.#options;
    // Without the daemon, the last answer is the best one.
    if (!line.isUp) return;
    const state = await tryReadState(line.now(), path, line.signal);
    if (state === undefined) return;
    const before = this.get(path) ?? UNKNOWN;
    this.#known.set(path, { state, at: clock.elapsed() });
    if (before.branch !== state.branch || before.changes !== state.changes) onChange(path);
  }
}

const UNKNOWN: GitState = { branch: null, changes: null };

/** Returns `undefined` if the daemon could not be asked. */
async function tryReadState(client: Client, path: string, signal: AbortSignal): Promise<GitState | undefined> {
  try {
    return await readGitState(client, path, signal);
  } catch (error) {
    if (error instanceof CommandLimitError || error instanceof RpcCallError) return UNKNOWN;
    if (signal.aborted || error instanceof ConnectionLostError || error instanceof DaemonGoneError) return undefined;
    throw error;
  }
}

/**
 * Asks git for the branch and the changes of a repository; both are `null` if git does not accept it.
 *
 * @param path The directory of the repository, absolute.
 * @throws {CommandLimitError} If git takes too long, or prints too much.
 * @throws {RpcCallError} If git cannot be started.
 */
export async function readGitState(client: Client, path: string, signal?: AbortSignal): Promise<GitState> {
  const { code, stdout } = await readGit(client, {
    directory: path,
    args: [
      ...["status", "--porcelain=v2", "--branch", "-z", "--no-renames"],
      // Git would look into a submodule with another git command, which may run something of it.
      ...["--untracked-files=normal", "--ignore-submodules=dirty"],
      ...OWN_FILES,
    ],
    // Without a repository of its own, a directory is none, even if one above it is.
    ceiling: path.slice(0, path.lastIndexOf("/")) || "/",
    maxBytes: MAX_BYTES,
    ...(signal === undefined ? {} : { signal }),
  });
  return code === 0 ? parseStatus(new TextDecoder().decode(stdout)) : UNKNOWN;
}

const HEAD = "# branch.head ";

function parseStatus(text: string): GitState {
  const lines = text.split("\0").filter((line) => line !== "");
  const head = lines.find((line) => line.startsWith(HEAD))?.slice(HEAD.length);
  return {
    branch: head === undefined || head === "(detached)" ? null : head,
    changes: lines.filter((line) => !line.startsWith("# ")).length,
  };
}

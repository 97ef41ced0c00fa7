/**
 * The files of a directory, for completing their names in a prompt.
 *
 * @module
 */

import type { Client } from "../client/connect.ts";
import { CommandLimitError } from "../client/errors.ts";
import { runCommand, type RunCommandOptions } from "../client/run_command.ts";
import { SAFE_CONFIG, SAFE_ENVIRONMENT, unsetArgs } from "../git/safe_git.ts";
import type { Clock } from "../system/clock.ts";

/** How long a list may take, in milliseconds, and how large it may be, in bytes. */
const LIMITS = { timeoutMs: 5_000, maxBytes: 8 << 20 } as const;
/** For how long a list counts as current, in milliseconds. */
const FRESH_MS = 5_000;
/** How many lists are kept. */
const MAX_LISTS = 8;
/** How deep a directory without git is looked through. */
const MAX_DEPTH = "6";

interface FileList {
  readonly at: number;
  readonly files: Promise<readonly string[]>;
}

/** Lists files, and keeps the lists for a moment: somebody is typing. */
export class FileLists {
  readonly #clock: Clock;
  readonly #lists = new Map<string, FileList>();

  /** @param clock The source of time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Finds files by parts of their paths: best those whose name begins with the text.
   *
   * @param directory The directory; the paths are relative to it.
   * @param limit The most files.
   */
  async find(client: Client, directory: string, query: string, limit: number): Promise<string[]> {
    return bestMatches(await this.#list(client, directory), query, limit);
  }

  async #list(client: Client, directory: string): Promise<readonly string[]> {
    const known = this.#lists.get(directory);
    if (known !== undefined && this.#clock.elapsed() - known.at < FRESH_MS) return await known.files;
    const files = readFiles(client, directory);
    const list = { at: this.#clock.elapsed(), files };
    this.#lists.delete(directory);
    this.#lists.set(directory, list);
    if (this.#lists.size > MAX_LISTS) this.#lists.delete(this.#lists.keys().next().value!);
    try {
      return await files;
    } catch (error) {
      if (this.#lists.get(directory) === list) this.#lists.delete(directory);
      throw error;
    }
  }
}

async function readFiles(client: Client, cwd: string): Promise<readonly string[]> {
  const env = SAFE_ENVIRONMENT;
  const git = ["git", ...SAFE_CONFIG, "-C", cwd, "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  // Through `env`, which fails like any command where there is no git.
  const tracked = await tryToList(client, { command: "env", args: [...unsetArgs(env), ...git], env });
  if (tracked !== undefined) return tracked;
  const hidden = ["-name", ".*", "-o", "-name", "node_modules"];
  const find = [".", "-mindepth", "1", "-maxdepth", MAX_DEPTH, "(", ...hidden, ")", "-prune", "-o", "-type", "f"];
  const found = await tryToList(client, { command: "find", args: [...find, "-print0"], cwd });
  return (found ?? []).map((path) => path.replace(/^\.\//, ""));
}

/** Returns `undefined` if the command fails, as git does outside of a repository, and where there is none. */
async function tryToList(client: Client, options: RunCommandOptions): Promise<readonly string[] | undefined> {
  try {
    const { code, stdout } = await runCommand(client, { ...options, ...LIMITS });
    if (code !== 0) return undefined;
    return new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "");
  } catch (error) {
    // The directory is too large to complete names in it.
    if (error instanceof CommandLimitError) return [];
    throw error;
  }
}

/** Returns the paths that contain a text, the best ones first. */
export function bestMatches(paths: readonly string[], query: string, limit: number): string[] {
  const wanted = query.toLowerCase();
  const ranked: [number, string][] = [];
  for (const path of paths) {
    const rank = rankOf(path.toLowerCase(), wanted);
    if (rank !== undefined) ranked.push([rank, path]);
  }
  ranked.sort(([a, path], [b, other]) => a - b || path.length - other.length || (path < other ? -1 : 1));
  return ranked.slice(0, limit).map(([, path]) => path);
}

/** Smaller is better; `undefined` if the path does not match. */
function rankOf(path: string, wanted: string): number | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.startsWith(wanted)) return 0;
  if (path.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  return path.includes(wanted) ? 3 : undefined;
}

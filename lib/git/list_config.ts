/**
 * Listing the configuration of a repository, as far as git may ever use it: a file that the repository includes on a
 * condition may be in force for a command that git starts itself, for a new work tree or on a new branch.
 *
 * @module
 */

import { decodeUtf8 } from "../system/utf8.ts";
import type { GitResult } from "./git_result.ts";
import { type ConfigEntry, isOwn, parseConfigList, parseSetting } from "./repository_guard.ts";

/** The configuration of a repository. */
export type ConfigListing =
  | {
    readonly kind: "listed";
    /** What is in force. */
    readonly entries: readonly ConfigEntry[];
    /** What is in force, and what the repository would put in force under any condition. */
    readonly possible: readonly ConfigEntry[];
  }
  /** Git has failed. Its output on stdout is left out: parts of the configuration. */
  | { readonly kind: "failed"; readonly result: GitResult };

const LIST: readonly string[] = ["config", "-z", "--list", "--show-scope"];
const CONDITION = /^includeif\..*\.path$/s;
/** How often included files may include others; git itself follows 10. */
const MAX_DEPTH = 10;

/**
 * Lists the configuration.
 *
 * @param git Runs git in the repository.
 */
export async function listConfig(git: (args: readonly string[]) => Promise<GitResult>): Promise<ConfigListing> {
  const listing = await git(LIST);
  if (!listing.isOk) return failed(listing);
  const entries = parseConfigList(listing.stdout);
  if (!entries.some(isCondition)) return { kind: "listed", entries, possible: entries };
  const found = await git(["rev-parse", "--absolute-git-dir"]);
  // With its path, git names all files by their whole paths.
  return found.isOk ? await listIncluded(git, entries, decodeUtf8(found.stdout)) : failed(found);
}

/** Lists the configuration with all files that are included on a condition, and those that they include. */
async function listIncluded(
  git: (args: readonly string[]) => Promise<GitResult>,
  entries: readonly ConfigEntry[],
  gitDir: string,
): Promise<ConfigListing> {
  const files = new Set<string>();
  for (let depth = 0;; depth++) {
    const settings = [...files].flatMap((file) => ["-c", `include.path=${file}`]);
    const listing = await git([`--git-dir=${gitDir}`, ...settings, ...LIST, "--show-origin"]);
    if (!listing.isOk) return failed(listing);
    const possible = withOrigins(listing.stdout);
    const more = possible.filter(isCondition).map(includedFile).filter((file) => file !== "" && !files.has(file));
    if (more.length === 0) return { kind: "listed", entries, possible };
    if (depth === MAX_DEPTH) return failed({ ...listing, isOk: false, failure: "too many included files" });
    for (const file of more) files.add(file);
  }
}

function failed(result: GitResult): ConfigListing {
  return { kind: "failed", result: { ...result, stdout: new Uint8Array(0) } };
}

interface OriginEntry extends ConfigEntry {
  /** The file that it comes from; `""` if it comes from none. */
  readonly file: string;
}

const FILE = "file:";

/** Parses a list that names the origins. What an added file sets counts as the repository's own. */
function withOrigins(output: Uint8Array): OriginEntry[] {
  const fields = decodeUtf8(output).split("\0");
  const entries: OriginEntry[] = [];
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const [scope = "", origin = "", text = ""] = fields.slice(i, i + 3);
    const file = origin.startsWith(FILE) ? origin.slice(FILE.length) : "";
    entries.push({ scope: scope === "command" && file !== "" ? "local" : scope, file, ...parseSetting(text) });
  }
  return entries;
}

function isCondition(entry: ConfigEntry): boolean {
  return isOwn(entry) && CONDITION.test(entry.key);
}

/** Returns the path of the file that an entry includes; a path that is relative starts from the including file. */
function includedFile({ value, file }: OriginEntry): string {
  if (value === "" || /^(?:[/~]|%\()/.test(value)) return value;
  return `${file.slice(0, file.lastIndexOf("/"))}/${value}`;
}

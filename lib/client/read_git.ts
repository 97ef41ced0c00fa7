/**
 * Asking git about a repository, through the daemon, so that nothing of the repository runs: no hook, no filter, no
 * program that its configuration names. The configuration of the system and of the user is not read.
 *
 * @module
 */

import { plainConfig } from "../git/plain_config.ts";
import { filterOff } from "../git/repository_guard.ts";
import { SAFE_CONFIG, SAFE_ENVIRONMENT, settingVariables, unsetArgs } from "../git/safe_git.ts";
import { errnoCode } from "../system/errno.ts";
import { isThere } from "../system/private_files.ts";
import type { Client } from "./connect.ts";
import { type CommandResult, runCommand } from "./run_command.ts";

/** How long a question may take by default, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Git without the configuration of the system and of the user. */
const OWN_CONFIG_ONLY = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  // The daemon may have been started with settings in its environment.
  GIT_CONFIG_COUNT: "0",
} as const;

/** The settings of filters: the programs that convert files between the disk and a commit. */
const FILTER_KEYS = "^filter\\..*\\.(clean|smudge|process|required)$";

/** A question to git. */
export interface ReadGitOptions {
  /** The directory in which git looks for the repository. */
  readonly directory: string;
  /** The git command and its arguments. It must be one that only reads. */
  readonly args: readonly string[];
  /** A directory in which, and above which, git does not look for a repository. @default {none} */
  readonly ceiling?: string;
  /** Whether all paths among the arguments mean themselves, whatever characters they contain. @default {false} */
  readonly hasLiteralPaths?: boolean;
  /** How much git may print, in bytes. @default {8388608} */
  readonly maxBytes?: number;
  /** How long git may take, in milliseconds. @default {10,000} */
  readonly timeoutMs?: number;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a git command that only reads. Nothing of the repository runs. Without git, the exit code is 127.
 *
 * @throws {RpcCallError} If the daemon refuses to start it.
 * @throws {CommandLimitError} If it prints too much, or does not end in time.
 * @throws The signal's reason.
 */
export async function readGit(client: Client, options: ReadGitOptions): Promise<CommandResult> {
  // Most repositories define no filter, and that can be seen without another git command.
  const hasNoFilter = await plainConfig(options.directory) !== undefined;
  const place = await placeOfFiles(options);
  const filters = hasNoFilter ? {} : await filtersOff(client, options);
  return await run(client, options, { ...place, ...filters });
}

/**
 * Returns the variable that says where the files of the repository are: around its `.git`. The configuration of the
 * repository could say that they are anywhere, and so make git read what has nothing to do with it.
 */
async function placeOfFiles({ directory, ceiling }: ReadGitOptions): Promise<Record<string, string>> {
  for (let at = directory; at !== "" && at !== ceiling; at = at.slice(0, at.lastIndexOf("/"))) {
    if (await isGit(`${at}/.git`)) return { GIT_WORK_TREE: at };
  }
  return {};
}

/** Whether git takes something for a repository, or for a file that leads to one; an empty directory is none. */
async function isGit(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile || await isThere(`${path}/HEAD`);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false;
  }
}

/** Returns variables that disable all filters of a repository. */
async function filtersOff(client: Client, options: ReadGitOptions): Promise<Record<string, string>> {
  const args = ["config", "--includes", "--null", "--name-only", "--get-regexp", FILTER_KEYS];
  const { stdout } = await run(client, { ...options, args }, {});
  const keys = new TextDecoder().decode(stdout).split("\0").filter((key) => key !== "");
  const names = new Set(keys.map((key) => key.slice(0, key.lastIndexOf("."))));
  // As variables, not with `-c`: there, a key ends at the first `=`, and the name of a filter may contain one.
  return settingVariables([...names].flatMap(filterOff));
}

function run(client: Client, options: ReadGitOptions, env: Readonly<Record<string, string>>): Promise<CommandResult> {
  const { directory, args, ceiling, hasLiteralPaths = false, maxBytes, timeoutMs = TIMEOUT_MS, signal } = options;
  const variables = {
    ...SAFE_ENVIRONMENT,
    ...OWN_CONFIG_ONLY,
    ...(ceiling === undefined ? {} : { GIT_CEILING_DIRECTORIES: ceiling }),
    ...(hasLiteralPaths ? { GIT_LITERAL_PATHSPECS: "1" } : {}),
    ...env,
  };
  return runCommand(client, {
    command: "env",
    args: [...unsetArgs(variables), "git", "-C", directory, ...SAFE_CONFIG, ...args],
    env: variables,
    timeoutMs,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(signal === undefined ? {} : { signal }),
  });
}

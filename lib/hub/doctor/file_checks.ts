/**
 * Checks of the hub's files and of its configuration.
 *
 * @module
 */

import { headerProblem } from "../../store/integrity.ts";
import { directoryProblem, parentsProblem, thisUser } from "../../system/private_directory.ts";
import { shellQuote } from "../../system/quote.ts";
import { statIfThere } from "../../system/try_stat.ts";
import { writeProblem } from "../../system/write_problem.ts";
import { addressText, isLoopback } from "../access/addresses.ts";
import { listenProblem } from "../access/listen_guard.ts";
import type { HubConfig } from "../hub_config.ts";
import { type HubPaths, STATE_DIR_OPTION } from "../hub_paths.ts";
import type { DoctorCheck } from "../operation_types.ts";
import { failure, ok, warning } from "./finding.ts";

const MIB = 1 << 20;

/** Checks that only this user can change the state directory, and that this program can. */
export async function checkDirectory({ directory }: HubPaths): Promise<DoctorCheck> {
  const name = "state directory";
  const info = await statIfThere(directory);
  if (info === undefined) return ok(name, `${directory} does not exist yet: the hub creates it`);
  if (!info.isDirectory) return failure(name, `${directory} is not a directory`, "choose another --state-dir");
  const user = thisUser();
  const problem = Deno.build.os === "windows" ? undefined : directoryProblem(directory, info, user, STATE_DIR_OPTION) ??
    await parentsProblem(directory, user, STATE_DIR_OPTION);
  if (problem !== undefined) return failure(name, problem);
  const reason = await writeProblem(directory);
  if (reason === undefined) return ok(name, `${directory} is writable by you only`);
  const advice = "make it writable for you, free some space, or choose another --state-dir";
  return failure(name, `nothing can be written into ${directory}: ${reason}`, advice);
}

/**
 * Checks that only this user can read the database and that this user can write it, and tells its size.
 *
 * @param isInUse Whether a hub runs, which has opened it. Then it can be opened, and must not be touched: the hub makes
 *   this check itself, and would lose its locks. @default {false}
 */
export async function checkDatabase({ database }: HubPaths, isInUse = false): Promise<DoctorCheck> {
  const problem = await privateFileProblem("database", database) ?? await readOnlyProblem("database", database);
  if (problem !== undefined) return problem;
  const unusable = isInUse ? undefined : await headerProblem(database);
  if (unusable !== undefined) return failure("database", unusable);
  const sizes = await Promise.all([database, `${database}-wal`].map(async (path) => (await statIfThere(path))?.size));
  if (sizes[0] === undefined) return ok("database", `${database} does not exist yet: the hub creates it`);
  const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  return ok("database", `${database}, ${(bytes / MIB).toFixed(1)} MiB`);
}

/** Checks that only this user can read the token. */
export async function checkToken({ token }: HubPaths): Promise<DoctorCheck> {
  const problem = await privateFileProblem("token", token);
  if (problem !== undefined) return problem;
  if (await statIfThere(token) === undefined) return ok("token", `${token} does not exist yet: the hub creates it`);
  return ok("token", `${token} is readable by you only`);
}

/** What is known about the configuration. */
export interface ConfigFacts {
  /** The file, whether it exists or not; `undefined` if the home directory is unknown. */
  readonly file: string | undefined;
  /** A sentence for each part of it that is ignored. */
  readonly warnings: readonly string[];
  /** When the hub read it, in milliseconds since the epoch; `undefined` if that was now. */
  readonly readAt: number | undefined;
}

/** Checks that all of the configuration counts, and that it is the one that the hub has read. */
export async function checkConfig({ file, warnings, readAt }: ConfigFacts): Promise<DoctorCheck> {
  const name = "configuration";
  const info = file === undefined ? undefined : await statIfThere(file);
  if (warnings.length > 0) return warning(name, warnings.join("; "));
  if (readAt !== undefined && (info?.mtime?.getTime() ?? 0) > readAt) {
    const advice = "restart the hub: claustrum hub stop, then claustrum hub start; agents run on";
    return warning(name, `${file} has changed since the hub started`, advice);
  }
  if (info === undefined) return ok(name, "the defaults: claustrum hub config --example prints a file");
  return ok(name, `${file}`);
}

/** Checks who can reach the hub over the network, and how they sign in. */
export function checkWeb(config: HubConfig, url: string | undefined): DoctorCheck {
  const name = "web address";
  const { web: { listen, tls }, auth } = config;
  if (listen === undefined) return ok(name, "none");
  const problem = listenProblem(config);
  if (problem !== undefined) return failure(name, problem);
  const shown = `${url ?? addressText(listen)}, ${signInText(config)}`;
  if (auth.isDisabled) {
    const who = isLoopback(listen.hostname) ? "any program of this machine" : "anyone who reaches it";
    return warning(name, `${shown}: ${who} can run commands as you`, "remove auth.disabled");
  }
  if (!isLoopback(listen.hostname) && tls === undefined && auth.proxy === undefined) {
    const advice = "set tls.cert_file and tls.key_file, or listen on 127.0.0.1 behind a proxy that speaks https";
    return warning(name, `${shown}: passwords and tokens cross the network in the clear`, advice);
  }
  return ok(name, shown);
}

/** Checks that the directory of the projects is there. */
export async function checkProjects({ projects: { root } }: HubConfig): Promise<DoctorCheck> {
  if (root === undefined) return ok("projects", "none: projects.root in hub.toml names their directory");
  if ((await statIfThere(root))?.isDirectory) return ok("projects", root);
  return failure("projects", `${root} is not a directory`, "create it, or change projects.root");
}

function signInText({ web: { tls }, auth }: HubConfig): string {
  if (auth.isDisabled) return "without signing in";
  const ways = [
    "token or link",
    ...(auth.passwordHash === undefined ? [] : ["password"]),
    ...(auth.proxy === undefined ? [] : ["proxy"]),
  ];
  return `sign in by ${ways.join(", ")}${tls === undefined ? "" : ", over https"}`;
}

async function privateFileProblem(name: string, path: string): Promise<DoctorCheck | undefined> {
  const info = await statIfThere(path);
  if (info === undefined) return undefined;
  if (!info.isFile) {
    return failure(name, `${path} is not a regular file`, "move it away, or choose another --state-dir");
  }
  const { uid } = thisUser();
  if (info.uid !== null && uid !== null && info.uid !== uid) {
    return failure(name, `${path} belongs to user ${info.uid} and you are ${uid}`, "choose another --state-dir");
  }
  if (((info.mode ?? 0) & 0o077) === 0) return undefined;
  return failure(name, `other users can read ${path}`, `run chmod 600 ${shellQuote(path)}`);
}

async function readOnlyProblem(name: string, path: string): Promise<DoctorCheck | undefined> {
  const mode = (await statIfThere(path))?.mode ?? null;
  if (mode === null || (mode & 0o600) === 0o600) return undefined;
  return failure(name, `${path} is not readable and writable for you`, `run chmod 600 ${shellQuote(path)}`);
}

/**
 * Starting a child in a process group of its own, with its three streams as pipes.
 *
 * @module
 */

import { type FoundCommand, lookUpCommand } from "./command_lookup.ts";
import { execError, goneDirectoryError, nulInEnvironmentError, workingDirectoryError } from "./spawn_error.ts";
import { isPermissionMissing, mayRun } from "../system/permissions.ts";

/** What to start. */
export interface SpawnSpec {
  /** What the process is called from now on. */
  readonly id: string;
  /** A bare name, looked up on the PATH, or a path. */
  readonly command: string;
  /** The arguments. */
  readonly args?: readonly string[];
  /** The working directory; the own one when absent or empty. */
  readonly cwd?: string;
  /** Variables over those of the own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its exit frame tells the signal that ended it and who asked for it; of meaning to a codec. */
  readonly exitDetail?: boolean;
}

/** A child that leads a process group of its own. */
export type GroupLeader = Pick<Deno.ChildProcess, "pid" | "kill" | "status">;

/** A child with its three pipes. */
export type PipedChild =
  & GroupLeader
  & Pick<Deno.ChildProcess, "stdin" | "unref">
  & Record<"stdout" | "stderr", ReadableStream<Uint8Array<ArrayBuffer>>>;

/** What stands for a child that is gone with whoever started it. */
export function lostChild(pid: number): PipedChild {
  const nothing = () => new ReadableStream({ type: "bytes", start: (controller) => controller.close() });
  const status = { success: false, code: -1, signal: null };
  return {
    pid,
    stdin: new WritableStream(),
    stdout: nothing(),
    stderr: nothing(),
    status: Promise.resolve(status),
    kill() {},
    unref() {},
  };
}

/** Makes a new session and executes, in the process it is run in; costs no fork of the whole memory. */
const SETSID = "/usr/bin/setsid";
/** Sets limits and executes, in the process it is run in. */
const PRLIMIT = "/usr/bin/prlimit";
/** Past this the system's limit on arguments is near, and its error must name the command itself. */
const MAX_SETSID_ARGS_BYTES = 64 << 10;

/**
 * Starts a child.
 *
 * @param spec What to start.
 * @param path The PATH that a bare name is looked up on.
 * @param maxDescriptors How many descriptors it may have open; as many as this program when absent.
 * @throws {SpawnError} With the contract's text (contract: Error texts).
 * @throws {Deno.errors.NotCapable} If the program may not run it, or not read where it may be.
 */
export function spawnChild(spec: SpawnSpec, path: string, maxDescriptors?: number): PipedChild {
  const { command, args = [], cwd = "", env = {} } = spec;
  if (cwd !== "") checkWorkingDirectory(cwd);
  const directory = cwd.startsWith("/") ? cwd : cwd === "" ? ownDirectory() : `${ownDirectory()}/${cwd}`;
  const found = lookUpCommand(command, { path, cwd: directory });
  if (args.some((arg) => arg.includes("\0"))) throw execError(found.shownAs, "EINVAL");
  const options = {
    ...(cwd === "" ? {} : { cwd }),
    env: normalizeEnvironment(env),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  } as const;
  return startInGroup(found, args, options, maxDescriptors);
}

/**
 * Starts a program in a process group of its own.
 *
 * @throws {SpawnError} If it cannot be executed.
 * @throws {Deno.errors.NotCapable} If the program may not run it.
 */
export function startInGroup(
  found: FoundCommand,
  args: readonly string[],
  options: Omit<Deno.CommandOptions, "args">,
  maxDescriptors?: number,
): Deno.ChildProcess {
  try {
    if (canUseSetsid(found, args, options.env ?? {})) {
      const command = [...limiting(maxDescriptors), SETSID, found.file, ...args] as const;
      return new Deno.Command(command[0]!, { ...options, args: command.slice(1) }).spawn();
    }
    return new Deno.Command(found.file, { ...options, args: [...args], detached: true }).spawn();
  } catch (error) {
    if (isPermissionMissing(error)) throw error;
    throw execError(found.shownAs, error);
  }
}

/** The runtime has raised its own soft limit; what a child inherits is set back here. */
function limiting(maxDescriptors: number | undefined): string[] {
  return maxDescriptors === undefined || !isUsable(PRLIMIT) ? [] : [PRLIMIT, `--nofile=${maxDescriptors}:`];
}

/** A daemon may outlive the directory that it was started in; the runtime then starts nothing there. */
function ownDirectory(): string {
  try {
    return Deno.cwd();
  } catch (error) {
    throw goneDirectoryError(error);
  }
}

function checkWorkingDirectory(cwd: string): void {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(cwd);
  } catch (error) {
    if (isPermissionMissing(error)) throw error;
    throw workingDirectoryError(cwd, error);
  }
  if (info.isDirectory) return;
  // The runtime cuts a slash at the end, which the system would refuse behind a file.
  throw workingDirectoryError(cwd, cwd.endsWith("/") ? new Deno.errors.NotADirectory() : undefined);
}

/** A `=` in a key belongs to the value, as the system sees it; what has no key at all cannot be passed. */
function normalizeEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(env)) {
    if (key.includes("\0") || value.includes("\0")) throw nulInEnvironmentError();
    const [name, rest] = splitOnce(`${key}=${value}`);
    if (name !== "") result[name] = rest;
  }
  return result;
}

function splitOnce(assignment: string): [string, string] {
  const at = assignment.indexOf("=");
  return [assignment.slice(0, at), assignment.slice(at + 1)];
}

function canUseSetsid(
  found: FoundCommand,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): boolean {
  if (Deno.build.os !== "linux" || !found.isNative) return false;
  let size = 0;
  for (const arg of args) size += arg.length;
  for (const [key, value] of Object.entries(env)) size += key.length + value.length;
  return size < MAX_SETSID_ARGS_BYTES && isUsable(SETSID);
}

/** Whether one of the system's own tools is there and may be run. */
function isUsable(tool: string): boolean {
  if (!mayRun(tool)) return false;
  try {
    return Deno.statSync(tool).isFile;
  } catch {
    return false; // not there, or not to be seen: then it is not used
  }
}

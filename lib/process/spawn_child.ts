/**
 * Starting a child in its own process group, with pipes for its three streams.
 *
 * @module
 */

import { type FoundCommand, lookUpCommand } from "./command_lookup.ts";
import type { OutputLog } from "./output_log.ts";
import type { RestartPolicy } from "./restart_policy.ts";
import {
  execError,
  goneDirectoryError,
  launcherError,
  nulInEnvironmentError,
  SpawnError,
  workingDirectoryError,
} from "./spawn_error.ts";
import { isPermissionMissing, mayRun } from "../system/permissions.ts";

/** The process to start. */
export interface SpawnSpec {
  /** The id of the process. */
  readonly id: string;
  /** A bare name, looked up on the PATH, or a path. */
  readonly command: string;
  /** The arguments. */
  readonly args?: readonly string[];
  /** The working directory; that of this program if absent or empty. */
  readonly cwd?: string;
  /** Variables that are added to the environment of this program, or override it. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command that runs the process, with its first arguments; it gets the command and its arguments as further ones. */
  readonly launcher?: readonly string[];
  /** Whether it gets no other variables than those. @default {false} */
  readonly cleanEnv?: boolean;
  /** Whether the exit frame includes the signal and who requested the end; only a codec uses it. */
  readonly exitDetail?: boolean;
  /** What clients find it by; only they use it. */
  readonly labels?: Readonly<Record<string, string>>;
  /** When the process is started again after it has ended by itself. @default {never} */
  readonly restart?: RestartPolicy | undefined;
  /** What the output goes to in addition to the receivers; the process closes it at its end. @default {none} */
  readonly log?: OutputLog | undefined;
}

/** A child that leads its own process group. */
export type GroupLeader = Pick<Deno.ChildProcess, "pid" | "kill" | "status">;

/** A child with its three pipes. */
export type PipedChild =
  & GroupLeader
  & Pick<Deno.ChildProcess, "stdin" | "unref">
  & Record<"stdout" | "stderr", ReadableStream<Uint8Array<ArrayBuffer>>>;

/** Returns a stand-in for a child that was lost together with its supervisor. */
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

/** Creates a session and executes a program in the same process. The runtime then needs no `fork`, which would copy the
 * page tables of this program. */
const SETSID = "/usr/bin/setsid";
/** Sets limits and executes a program in the same process. */
const PRLIMIT = "/usr/bin/prlimit";
/** The most argument bytes for `setsid`. Close to the system's limit, the error must name the command itself. */
const MAX_SETSID_ARGS_BYTES = 64 << 10;

/**
 * Starts a child.
 *
 * @param spec The process to start.
 * @param path The PATH on which a bare name is looked up.
 * @param maxDescriptors The limit on the child's open descriptors; that of this program if absent.
 * @throws {SpawnError} With the contract's text (contract: Error texts).
 * @throws {Deno.errors.NotCapable} If this program lacks the permission to run the command or to find it.
 */
export function spawnChild(spec: SpawnSpec, path: string, maxDescriptors?: number): PipedChild {
  const { args = [], cwd = "", env = {}, launcher = [], cleanEnv = false } = spec;
  const found = findCommand(spec, path);
  if (args.some((arg) => arg.includes("\0"))) throw execError(found.shownAs, "EINVAL");
  const options = {
    ...(cwd === "" ? {} : { cwd }),
    env: normalizeEnvironment(env),
    clearEnv: cleanEnv,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  } as const;
  const [first, ...before] = launcher;
  if (first === undefined) return startInGroup(found, args, options, maxDescriptors);
  requireExecutable(found);
  return startLauncher(first, [...before, found.file, ...args], options, maxDescriptors);
}

function findCommand({ command, cwd = "" }: SpawnSpec, path: string): FoundCommand {
  if (cwd !== "") checkWorkingDirectory(cwd);
  const directory = cwd.startsWith("/") ? cwd : cwd === "" ? ownDirectory() : `${ownDirectory()}/${cwd}`;
  return lookUpCommand(command, { path, cwd: directory });
}

/**
 * Checks that a command can be started.
 *
 * @param path The PATH on which a bare name is looked up.
 * @throws {SpawnError} If the command or its working directory is missing.
 * @throws {Deno.errors.NotCapable} If this program lacks the permission to find the command.
 */
export function requireCommand(spec: SpawnSpec, path: string): void {
  requireExecutable(findCommand(spec, path));
}

function requireExecutable({ file, shownAs }: FoundCommand): void {
  try {
    const { isFile, mode } = Deno.statSync(file);
    if (!isFile || ((mode ?? 0o111) & 0o111) === 0) throw execError(shownAs, "EACCES");
  } catch (error) {
    if (error instanceof SpawnError || isPermissionMissing(error)) throw error;
    throw execError(shownAs, error);
  }
}

function startLauncher(
  file: string,
  args: readonly string[],
  options: Omit<Deno.CommandOptions, "args">,
  maxDescriptors: number | undefined,
): Deno.ChildProcess {
  try {
    return startInGroup(lookUpCommand(file, { path: "", cwd: "/" }), args, options, maxDescriptors);
  } catch (error) {
    if (error instanceof SpawnError) throw launcherError(file, error);
    throw error;
  }
}

/**
 * Starts a program in its own process group.
 *
 * @throws {SpawnError} If the program cannot be executed.
 * @throws {Deno.errors.NotCapable} If this program lacks the permission to run it.
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

/** The runtime raises its own soft limit on descriptors, so the limit that a child inherits is restored here. */
function limiting(maxDescriptors: number | undefined): string[] {
  return maxDescriptors === undefined || !isUsable(PRLIMIT) ? [] : [PRLIMIT, `--nofile=${maxDescriptors}:`];
}

/** The directory that a daemon was started in may have been removed; the runtime then cannot start a child in it. */
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
  // The runtime strips a trailing slash, which the system would refuse after a file.
  throw workingDirectoryError(cwd, cwd.endsWith("/") ? new Deno.errors.NotADirectory() : undefined);
}

/** The system splits a variable at its first `=`, even if that belongs to the key; a variable without a key is dropped. */
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

/** Whether one of the system's tools exists and may be run. */
function isUsable(tool: string): boolean {
  if (!mayRun(tool)) return false;
  try {
    return Deno.statSync(tool).isFile;
  } catch {
    return false; // missing or unreadable: do without the tool
  }
}

/**
 * Reads `/proc`. The runtime denies `/proc` to every program without full permissions, whatever else the program may
 * read. The asynchronous functions read it through a child process in that case; the synchronous ones return nothing.
 *
 * The child stands in for `Deno.readTextFile` and `Deno.readDir`. It may go once the permission to read all files
 * includes `/proc`.
 *
 * @module
 */

import { errnoCode } from "./errno.ts";

/**
 * Reads a file below `/proc`.
 *
 * @returns `undefined` when it cannot be read, and on other systems.
 */
export async function readProc(path: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  }
  return await outputOf("/bin/cat", [path]);
}

/**
 * Lists the names in a directory below `/proc`, as a child process sees them.
 *
 * @returns `undefined` when it cannot be listed, and on other systems.
 */
export async function listProc(path: string): Promise<string[] | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const names = await outputOf("/bin/ls", ["-1", path]);
  return names?.split("\n").filter((name) => name !== "");
}

/**
 * Returns what a link below `/proc` leads to, as a child process sees it.
 *
 * @returns `undefined` when it cannot be read, and on other systems.
 */
export async function readProcLink(path: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  return (await outputOf("/bin/readlink", [path]))?.replace(/\n$/, "");
}

/**
 * Reads a file below `/proc`.
 *
 * @returns `undefined` if this program cannot read it, and on other systems.
 */
export function readProcSync(path: string): string | undefined {
  return unlessUnreadable(() => Deno.readTextFileSync(path));
}

/** A process and its name. */
export interface NamedProcess {
  /** The id of the process. */
  readonly pid: number;
  /** The name of its program, cut to 15 bytes by the kernel. */
  readonly name: string;
}

/** Returns the parent of a process; `undefined` if it has none or cannot be read. */
export function parentProcess(pid: number): NamedProcess | undefined {
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(readProcSync(`/proc/${pid}/status`) ?? "")?.[1] ?? 0);
  const name = parent > 0 ? readProcSync(`/proc/${parent}/comm`) : undefined;
  return name === undefined ? undefined : { pid: parent, name };
}

/** Whether a process exists. A process that has ended exists until its parent collects its exit status. */
export function processExists(pid: number): boolean {
  return readProcSync(`/proc/${pid}/comm`) !== undefined;
}

/**
 * Returns the file behind a descriptor: a path, or a text like `pipe:[1234]` or `socket:[1234]` with its inode.
 *
 * @returns `undefined` if the descriptor is closed or this program cannot read it.
 */
export function descriptorTarget(pid: number | "self", fd: number | string): string | undefined {
  return unlessUnreadable(() => Deno.readLinkSync(`/proc/${pid}/fd/${fd}`));
}

/** The state of a connected socket in `/proc/net/unix`. */
const CONNECTED = "03";

/**
 * Counts the connected unix sockets of a process that are bound to a path.
 *
 * @param pathPrefix The beginning of the path. The kernel knows a socket by the path that it was bound to, even after
 * that path is renamed.
 * @returns `undefined` if this program cannot read the sockets, and on other systems.
 */
export function countUnixConnections(pid: number, pathPrefix: string): number | undefined {
  const table = readProcSync("/proc/net/unix");
  const inodes = socketInodes(pid);
  if (table === undefined || inodes === undefined) return undefined;
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter(([, , , , , state, inode = "", path = ""]) =>
    state === CONNECTED && inodes.has(inode) && path.startsWith(pathPrefix)
  ).length;
}

/** Returns the inodes of all sockets that a process has open. */
function socketInodes(pid: number): Set<string> | undefined {
  const descriptors = unlessUnreadable(() => [...Deno.readDirSync(`/proc/${pid}/fd`)]);
  const targets = descriptors?.map(({ name }) => descriptorTarget(pid, name));
  const inodes = targets?.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target ?? "")?.[1] ?? []);
  return inodes === undefined ? undefined : new Set(inodes);
}

function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof Deno.errors.NotCapable)) throw error;
    return undefined;
  }
}

async function outputOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args, stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * What Linux knows of standard streams and of the SSH server above a process. Without the permission to read `/proc`
 * nothing is known, and the answers are those of a line in order.
 *
 * @module
 */

import { closeSync, constants, openSync } from "node:fs";
import { errnoCode } from "../system/errno.ts";
import { descriptorTarget, parentProcess, readProcSync } from "../system/proc_linux.ts";

/** Programs that carry an SSH connection; some versions put a name after a dash or a colon. */
const SSH_SERVER = /^(?:sshd|dropbear|tailscaled)/;
/** In `/proc/net/tcp`: the ports of both ends, and the state. */
const TCP_LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /gm;
const ESTABLISHED = "01";

/** The SSH server among the ancestors of a process; `undefined` when there is none. */
export function sshServerAbove(pid: number): number | undefined {
  for (let at = parentProcess(pid); at !== undefined && at.pid > 1; at = parentProcess(at.pid)) {
    if (SSH_SERVER.test(at.name)) return at.pid;
  }
  return undefined;
}

/**
 * Whether the TCP connection of an SSH session is in order; a lost one is closing, or not listed any more.
 *
 * @param connection The value of `SSH_CONNECTION`: address and port of the client, then of the server.
 */
export function isEstablished(connection: string): boolean {
  const [, clientPort, , serverPort] = connection.split(" ").map(Number);
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(readProcSync);
  // Servers behind a proxy or on a socket of another kind have no ports to look for.
  if (!clientPort || !serverPort || tables.every((table) => table === undefined)) return true;
  for (const [, local = "", remote = "", state] of tables.join("\n").matchAll(TCP_LINE)) {
    const isOurs = parseInt(local, 16) === serverPort && parseInt(remote, 16) === clientPort;
    if (isOurs && state === ESTABLISHED) return true;
  }
  return false;
}

/** Whether a descriptor of this process is a pipe or a socket. */
export function isPipeOrSocket(fd: number): boolean {
  return /^(?:pipe|socket):/.test(descriptorTarget("self", fd) ?? "");
}

/** Whether two descriptors of this process are the same socket. */
export function isSameSocket(one: number, other: number): boolean {
  const target = descriptorTarget("self", one);
  return target !== undefined && target.startsWith("socket:") && target === descriptorTarget("self", other);
}

/** Whether somebody may still read what is written to a descriptor; only a pipe without a reader says no. */
export function hasReader(fd: number): boolean {
  if (descriptorTarget("self", fd)?.startsWith("pipe:") !== true) return true;
  try {
    // The system refuses to open a pipe that nobody reads, unless the caller is ready to wait.
    const opened = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    closeSync(opened);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return errnoCode(error) !== "ENXIO";
  }
}

/** Whether the stdin of another child of this process's parent is what a descriptor of this process leads to. */
export function isReadBySibling(fd: number): boolean {
  const target = descriptorTarget("self", fd);
  const siblings = readProcSync(`/proc/${Deno.ppid}/task/${Deno.ppid}/children`)?.trim().split(" ").map(Number) ?? [];
  return target !== undefined && siblings.some((pid) => pid !== Deno.pid && descriptorTarget(pid, 0) === target);
}

/**
 * Inspects the standard streams of this process and finds its SSH server, on Linux. If `/proc` cannot be read, each
 * function returns what it would return for an intact connection without SSH.
 *
 * @module
 */

import { closeSync, constants, openSync } from "node:fs";
import { errnoCode } from "../system/errno.ts";
import { descriptorTarget, parentProcess, readProcSync } from "../system/proc_linux.ts";

/** Names of SSH server processes. Some versions append text, as in `sshd-session` and `sshd: user`. */
const SSH_SERVER = /^(?:sshd|dropbear|tailscaled)/;
/** A line of `/proc/net/tcp`: the local port, the remote port and the state, all in hexadecimal. */
const TCP_LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{2}) /gm;
const ESTABLISHED = "01";

/** Returns the id of the SSH server among the ancestors of a process; `undefined` if there is none. */
export function findSshServer(pid: number): number | undefined {
  for (let at = parentProcess(pid); at !== undefined && at.pid > 1; at = parentProcess(at.pid)) {
    if (SSH_SERVER.test(at.name)) return at.pid;
  }
  return undefined;
}

/**
 * Whether the TCP connection of an SSH session is established. A lost connection is closing or not listed any more.
 *
 * @param connection The value of `SSH_CONNECTION`: the address and port of the client, then those of the server.
 */
export function isEstablished(connection: string): boolean {
  const [, clientPort, , serverPort] = connection.split(" ").map(Number);
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(readProcSync);
  // A server behind a proxy, or on a socket of another kind, reports no ports.
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

/** Whether a descriptor of this process has a reader. It returns `false` only for a pipe without one. */
export function hasReader(fd: number): boolean {
  if (descriptorTarget("self", fd)?.startsWith("pipe:") !== true) return true;
  try {
    // A non-blocking open of a pipe for writing fails with ENXIO if the pipe has no reader.
    const opened = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    closeSync(opened);
    return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return errnoCode(error) !== "ENXIO";
  }
}

/** Whether a sibling process reads a descriptor of this process as its stdin, as in a shell pipeline. */
export function isReadBySibling(fd: number): boolean {
  const target = descriptorTarget("self", fd);
  const siblings = readProcSync(`/proc/${Deno.ppid}/task/${Deno.ppid}/children`)?.trim().split(" ").map(Number) ?? [];
  return target !== undefined && siblings.some((pid) => pid !== Deno.pid && descriptorTarget(pid, 0) === target);
}

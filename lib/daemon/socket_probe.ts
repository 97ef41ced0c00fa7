/**
 * Finding out whether a program listens on a socket that is not the daemon's own. The daemon has given up the permission
 * to connect to it, so others are asked: the kernel, the lock beside the socket, or the program that talks to agents.
 *
 * @module
 */

import type { SocketProbe } from "../files/prune_plugins.ts";
import { mayConnect } from "../system/background.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { isLockHeld } from "../system/lock_file.ts";
import { daemonPaths } from "../system/paths.ts";
import { isLive } from "../system/private_socket.ts";
import { readProc } from "../system/proc_linux.ts";
import { ServeError } from "../system/serve_error.ts";

/** How long an agent may take to answer, in milliseconds. */
const AGENT_MS = 4_000;
/** The exit code of `ssh-add` when no agent answers. */
const NO_AGENT = 2;
/** `ffff8880: 00000002 00000000 00010000 0001 01 1234 /run/x.sock`: a stream socket that a program listens on. */
const LISTENING = /^\S+: \S+ \S+ 00010000 0001 01 +\d+ (.+)$/gm;

/** Finds out whether a daemon listens on a socket. */
export async function probeDaemon(socket: string): Promise<SocketProbe> {
  try {
    if (await mayConnect(socket)) return { kind: await isLive(socket) ? "answers" : "silent" };
    const { directory, lock } = daemonPaths(socket);
    if (await isLockHeld(lock)) return { kind: "answers" };
    const sockets = await readProc("/proc/net/unix");
    if (sockets === undefined) return { kind: "unknown", reason: "operation not permitted" };
    // The kernel knows a socket by the name that it was bound to, before it was renamed in the same directory.
    const isListening = [...sockets.matchAll(LISTENING)].some(([, path]) => path?.startsWith(`${directory}/`));
    return { kind: isListening ? "answers" : "silent" };
  } catch (error) {
    if (errnoCode(error) === undefined && !(error instanceof ServeError)) throw error;
    return { kind: "unknown", reason: errnoText(error) };
  }
}

/** Whether an agent accepts connections on a socket; true if that cannot be found out. */
export async function probeAgent(socket: string): Promise<boolean> {
  if (await mayConnect(socket)) return await isLive(socket);
  try {
    const child = new Deno.Command("ssh-add", {
      args: ["-l"],
      env: { SSH_AUTH_SOCK: socket },
      signal: AbortSignal.timeout(AGENT_MS),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const { code, signal } = await child.status;
    return signal === null && code !== NO_AGENT;
  } catch (error) {
    // Without `ssh-add`, the socket may be that of any agent.
    if (error instanceof Deno.errors.NotFound) return true;
    if (errnoCode(error) === undefined) throw error;
    return false;
  }
}

/**
 * The line between this command and its caller: a terminal, an SSH connection without one, a socket or a pipe. The end
 * of stdin and a broken stdout have two causes, which the process in the foreground must tell apart: the caller did it
 * on purpose, or the line is lost.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { processExists } from "../system/proc_linux.ts";
import * as linux from "./caller_connection_linux.ts";

/** How long a line may take to look lost after the first sign of it, in milliseconds. */
const GRACE_MS = 250;
const POLL_MS = 10;

/** The line to the caller. */
export interface CallerConnection {
  /** Whether stdin is a terminal. */
  readonly isTerminal: boolean;
  /** Whether the line is lost, after stdin has ended or failed. */
  isLostAtEnd(): Promise<boolean>;
  /** Whether the line is lost, after stdout has turned out to be broken. */
  isLostAtBrokenPipe(): Promise<boolean>;
}

/** Finds out what the line is; to be called while it is in order. */
export function callerConnection(): CallerConnection {
  if (Deno.stdin.isTerminal()) return terminalConnection();
  const connection = Deno.env.get("SSH_CONNECTION");
  if (Deno.build.os === "linux") {
    // The variable tells more, but `sudo` takes it away.
    const server = linux.isPipeOrSocket(0) ? linux.sshServerAbove(Deno.pid) : undefined;
    if (server !== undefined) {
      const isCut = () => connection !== undefined && !linux.isEstablished(connection);
      return sshConnection({
        isGone: () => isCut() || !processExists(server),
        hasReader: () => linux.hasReader(1),
        isPiped: linux.isReadBySibling(1),
      });
    }
    return linux.isSameSocket(0, 1) ? socketConnection() : pipeConnection();
  }
  const parent = Deno.ppid;
  return connection === undefined ? pipeConnection() : sshConnection({ isGone: () => Deno.ppid !== parent });
}

/** A terminal that hung up is none any more. */
function terminalConnection(): CallerConnection {
  const isLost = () => Promise.resolve(!Deno.stdin.isTerminal());
  return { isTerminal: true, isLostAtEnd: isLost, isLostAtBrokenPipe: isLost };
}

/** Nothing tells why a pipe ended: it counts as meant, as in a shell. */
function pipeConnection(): CallerConnection {
  const never = () => Promise.resolve(false);
  return { isTerminal: false, isLostAtEnd: never, isLostAtBrokenPipe: never };
}

/** A caller that has sent all keeps one half of its socket open; without that half nobody is there. */
function socketConnection(): CallerConnection {
  return {
    isTerminal: false,
    isLostAtEnd: () => Promise.resolve(isStdoutBroken()),
    isLostAtBrokenPipe: () => Promise.resolve(true),
  };
}

function isStdoutBroken(): boolean {
  try {
    Deno.stdout.writeSync(new Uint8Array(0));
    return false;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return true;
  }
}

/** What is known of an SSH connection. */
interface SshState {
  /** Whether the connection or its server is gone. */
  readonly isGone: () => boolean;
  /** Whether somebody may still read stdout. */
  readonly hasReader?: () => boolean;
  /** Whether stdout leads to another program on this machine, and not to the client. */
  readonly isPiped?: boolean;
}

/**
 * A server that loses its client closes both pipes and ends, all within an instant. One of a client that sends no more
 * input keeps stdout and the connection. A client that shares its connection with others loses its pipes alone.
 */
function sshConnection({ isGone, hasReader = () => true, isPiped = false }: SshState): CallerConnection {
  let endedAt = -Infinity;
  const within = async (isLost: () => boolean) => {
    const deadline = performance.now() + GRACE_MS;
    while (!isLost()) {
      if (performance.now() >= deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return true;
  };
  return {
    isTerminal: false,
    isLostAtEnd() {
      endedAt = performance.now();
      return within(() => isGone() || (!isPiped && !hasReader()));
    },
    isLostAtBrokenPipe: () => within(() => isGone() || (!isPiped && performance.now() - endedAt <= GRACE_MS)),
  };
}

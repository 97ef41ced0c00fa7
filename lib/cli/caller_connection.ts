/**
 * Detects how this command is connected to its caller: through a terminal, an SSH session without a terminal, a socket
 * or a pipe. When stdin ends or stdout breaks, a command in the foreground needs to know whether the caller closed it
 * or the connection was lost.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { processExists } from "../system/proc_linux.ts";
import * as linux from "./caller_connection_linux.ts";

/** How long to wait for a second sign that the connection is lost, in milliseconds. */
const GRACE_MS = 250;
const POLL_MS = 10;

/** The connection of this command to its caller. */
export interface CallerConnection {
  /** Whether stdin is a terminal. */
  readonly isTerminal: boolean;
  /** Whether the connection is lost; to be called after stdin has ended or failed. */
  isLostAtEnd(): Promise<boolean>;
  /** Whether the connection is lost; to be called after a write to stdout has failed. */
  isLostAtBrokenPipe(): Promise<boolean>;
}

/** Detects the kind of connection. It must be called while the connection is intact. */
export function callerConnection(): CallerConnection {
  if (Deno.stdin.isTerminal()) return terminalConnection();
  const connection = Deno.env.get("SSH_CONNECTION");
  if (Deno.build.os === "linux") {
    // The variable alone does not suffice: `sudo` removes it.
    const server = linux.isPipeOrSocket(0) ? linux.findSshServer(Deno.pid) : undefined;
    if (server !== undefined) {
      const isClosed = () => connection !== undefined && !linux.isEstablished(connection);
      return sshConnection({
        isGone: () => isClosed() || !processExists(server),
        hasReader: () => linux.hasReader(1),
        isPiped: linux.isReadBySibling(1),
      });
    }
    return linux.isSameSocket(0, 1) ? socketConnection() : pipeConnection();
  }
  const parent = Deno.ppid;
  return connection === undefined ? pipeConnection() : sshConnection({ isGone: () => Deno.ppid !== parent });
}

/** After a terminal hangs up, its descriptor is no longer a terminal. */
function terminalConnection(): CallerConnection {
  const isLost = () => Promise.resolve(!Deno.stdin.isTerminal());
  return { isTerminal: true, isLostAtEnd: isLost, isLostAtBrokenPipe: isLost };
}

/** A pipe does not show why it ended. Like a shell, this command assumes that the caller closed it. */
function pipeConnection(): CallerConnection {
  const never = () => Promise.resolve(false);
  return { isTerminal: false, isLostAtEnd: never, isLostAtBrokenPipe: never };
}

/** A caller that has sent all of its input keeps the other half of the socket open to read the output. */
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

/** The observable state of an SSH session. */
interface SshState {
  /** Whether the TCP connection or the server process is gone. */
  readonly isGone: () => boolean;
  /** Whether stdout still has a reader. */
  readonly hasReader?: () => boolean;
  /** Whether stdout is piped to another program on this machine, and not to the SSH client. */
  readonly isPiped?: boolean;
}

/**
 * A server that loses its client closes both pipes and exits within milliseconds. A client that only ends its input
 * keeps stdout and the connection open. A client that shares its connection with other sessions loses only its pipes.
 */
function sshConnection({ isGone, hasReader = () => true, isPiped = false }: SshState): CallerConnection {
  let endedAt = -Infinity;
  const becomesLost = async (isLost: () => boolean) => {
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
      return becomesLost(() => isGone() || (!isPiped && !hasReader()));
    },
    isLostAtBrokenPipe: () => becomesLost(() => isGone() || (!isPiped && performance.now() - endedAt <= GRACE_MS)),
  };
}

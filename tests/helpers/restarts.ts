import { serveAt, upgrade } from "./handover.ts";
import type { TestHome } from "./home.ts";
import { isAlive, waitFor } from "./wait.ts";

/** A daemon that can be killed, started again and upgraded. */
export interface Restarts {
  /** Kills the daemon with SIGKILL; settles when it is gone. */
  killDaemon(): Promise<void>;
  /** Starts a daemon on the same socket. */
  startDaemon(): Promise<void>;
  /** Lets a new daemon take over with all processes. */
  handOver(): Promise<void>;
}

/** Returns what can be done to the daemon of a home. */
export function restartsOf(home: TestHome): Restarts {
  return {
    async killDaemon() {
      const pid = home.pid();
      Deno.kill(pid, "SIGKILL");
      await waitFor("the end of the daemon", () => !isAlive(pid));
    },
    startDaemon: async () => void await serveAt(home),
    handOver: async () => void await upgrade(home),
  };
}

import { assertEquals } from "@std/assert";
import { claustrum } from "./command.ts";
import type { FakeClock } from "./fake_clock.ts";
import { type TestHome, testHome } from "./home.ts";
import { LineClient } from "./line_client.ts";

/** Runs `claustrum serve` and returns the pid of the daemon. */
export async function serveAt(home: TestHome, ...flags: string[]): Promise<number> {
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket, ...flags]);
  assertEquals([code, stderr], [0, ""]);
  return home.pid();
}

/** Replaces the running daemon with a hand-over, and returns the pid of the new one. */
export function upgrade(home: TestHome): Promise<number> {
  return serveAt(home, "--replace", "--handover");
}

/**
 * Replaces a daemon that runs in this program. Its clock advances in real time, so that its time limits for the new
 * daemon hold.
 */
export async function upgradeWith(home: TestHome, clock: FakeClock): Promise<void> {
  const start = performance.now();
  const timer = setInterval(() => clock.advance(Math.max(0, performance.now() - start - clock.elapsed())), 1);
  try {
    await upgrade(home);
  } finally {
    clearInterval(timer);
  }
}

/** Creates a home directory; its disposal stops all daemons in it, including retired ones. */
export async function homeOfMany(): Promise<TestHome> {
  const home = await testHome();
  return {
    ...home,
    async [Symbol.asyncDispose]() {
      await claustrum(home.path, ["stop", "--all", "--timeout", "0s", "--socket", home.socket]);
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Connects to the daemon that serves a home directory. */
export async function connect(home: TestHome): Promise<LineClient> {
  return await LineClient.connect(home.socket, await home.token());
}

/** Starts a process `p` that prints its stdin, and disconnects. */
export async function spawnCat(home: TestHome): Promise<void> {
  using client = await connect(home);
  await client.call("process.spawn", { id: "p", command: "cat" });
}

/** Returns the pid that the lock record names; `undefined` while it is being written. */
export function recordedPid(home: TestHome): number | undefined {
  try {
    return home.pid();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // the record is not written yet
    throw error;
  }
}

import { assertEquals } from "@std/assert";
import { claustrum } from "./command.ts";
import type { FakeClock } from "./fake_clock.ts";
import { type TestHome, testHome } from "./home.ts";

/** Starts a daemon, or lets another one take the place of the one that runs; gives its pid. */
export async function serveAt(home: TestHome, ...flags: string[]): Promise<number> {
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket, ...flags]);
  assertEquals([code, stderr], [0, ""]);
  return home.pid();
}

/** Lets a new daemon take over from the one that runs, which keeps its processes; gives the new one's pid. */
export function upgrade(home: TestHome): Promise<number> {
  return serveAt(home, "--replace", "--handover");
}

/**
 * Does the same for a daemon of this program. Its clock goes no faster than time does, so that it does not give the new
 * daemon up.
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

/** A home whose daemons, retired ones too, end with it. */
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

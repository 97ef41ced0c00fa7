import { assertEquals } from "@std/assert";
import { serve } from "../../lib/daemon/serve.ts";
import { askToRetire } from "../../lib/handover/ask_to_retire.ts";
import { retiredDaemons } from "../../lib/handover/retired_files.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { connect, homeOfMany, recordedPid, serveAt, spawnCat, upgrade, upgradeWith } from "../helpers/handover.ts";
import type { TestHome } from "../helpers/home.ts";
import { isExitOf, LineClient } from "../helpers/line_client.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const MINUTE = 60_000;

Deno.test("a retired daemon serves again with the same token when no daemon takes over", async () => {
  await using home = await homeOfMany();
  const pid = await serveAt(home);
  const token = await home.token();
  await spawnCat(home);
  await askToRetire(home.socket);
  using waiting = await connect(home);
  using silent = await connect(home);
  await waiting.send("server.ping");
  assertEquals(await waiting.line(), undefined, "it is hung up on without an answer");
  await waitFor("its record", () => recordedPid(home) === pid);
  assertEquals(await home.token(), token);
  assertEquals((await silent.call("server.ping")).result, { pong: true }, "a client that asked nothing is served");
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["running"], true);
  await waitFor("its files to be removed", () => [...Deno.readDirSync(`${home.run}/retired`)].length === 0);
  await upgrade(home);
  using again = await connect(home);
  assertEquals((await again.call("process.reattach", { id: "p" })).result!["running"], true);
});

Deno.test("a retired daemon serves again when its successor dies while it takes over", async () => {
  await using home = await homeOfMany();
  const pid = await serveAt(home);
  // It holds the lock for a while, and is killed before it writes its record.
  const thief = new Deno.Command("flock", { args: [`${home.run}/daemon.lock`, "sleep", "1000"], detached: true })
    .spawn();
  await askToRetire(home.socket);
  await waitFor("the lock to be taken", async () => {
    const free = await new Deno.Command("flock", { args: ["-n", `${home.run}/daemon.lock`, "true"] }).output();
    return !free.success;
  });
  Deno.kill(-thief.pid, "SIGKILL");
  await thief.status;
  await waitFor("the daemon to serve again", () => recordedPid(home) === pid);
  using client = await connect(home);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

/** Starts a daemon in this program that has retired, with a fake clock. */
async function retiredHere(home: TestHome, prepare: (client: LineClient) => Promise<void>) {
  await Deno.mkdir(home.run, { mode: 0o700 });
  const clock = fakeClock();
  const daemon = await serve({ socket: home.socket, token: "t", useLoginPath: false, clock });
  {
    using client = await LineClient.connect(home.socket, "t");
    await prepare(client);
  }
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) {
      clock.advance(250);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  await upgradeWith(home, clock);
  let hasEnded = false;
  void daemon.finished.then(() => hasEnded = true);
  return { daemon, clock, pass, hasEnded: () => hasEnded };
}

Deno.test("a retired daemon ends without a trace a minute after the last exit is read when no process runs", async () => {
  await using home = await homeOfMany();
  const first = await retiredHere(home, async (client) => {
    await client.call("process.spawn", { id: "p", command: "cat" });
  });
  const [retired] = await retiredDaemons(`${home.run}/retired`);
  assertEquals(retired?.pid, Deno.pid);
  using client = await connect(home);
  first.clock.advance(5 * MINUTE);
  await first.pass(1_000);
  await client.call("process.reattach", { id: "p" });
  await client.send("process.closeStdin", { id: "p" });
  await client.until(isExitOf("p"));
  await first.pass(MINUTE / 2);
  assertEquals(first.hasEnded(), false);
  assertEquals((await client.call("process.reattach", { id: "p" })).result!["found"], true);
  for (const jump of [24 * 60 * MINUTE, -48 * 60 * MINUTE]) first.clock.jump(jump);
  await first.pass(1_000);
  assertEquals(first.hasEnded(), false, "setting the time of day changes nothing");
  while (!first.hasEnded()) await first.pass(1_000);
  await first.daemon.finished;
  assertEquals([...Deno.readDirSync(`${home.run}/retired`)], []);
  assertEquals((await client.call("server.ping")).result, { pong: true });
  using again = await connect(home);
  assertEquals((await again.call("server.ping")).result, { pong: true }, "the public socket is as it was");
});

Deno.test("a retired daemon keeps an exit for a quarter of an hour when no client reads it", async () => {
  await using home = await homeOfMany();
  const first = await retiredHere(home, async (client) => {
    await client.call("process.spawn", { id: "p", command: "cat" });
  });
  {
    using client = await connect(home);
    await client.call("process.closeStdin", { id: "p" });
    await waitFor("its end", async () => {
      const { result } = await client.call("process.list", {});
      return (result!["processes"] as { running: boolean }[]).every(({ running }) => !running);
    });
  }
  for (let minute = 0; minute < 14; minute++) first.clock.advance(MINUTE);
  await first.pass(1_000);
  assertEquals(first.hasEnded(), false);
  for (let minute = 0; minute < 2; minute++) first.clock.advance(MINUTE);
  while (!first.hasEnded()) await first.pass(1_000);
  await first.daemon.finished;
  using client = await connect(home);
  assertEquals((await client.call("process.list", {})).result!["processes"], [], "it is not told as lost");
});

Deno.test("a retired daemon ends at once when it has no process", async () => {
  await using home = await homeOfMany();
  const first = await retiredHere(home, () => Promise.resolve());
  while (!first.hasEnded()) await first.pass(250);
  await first.daemon.finished;
  using client = await connect(home);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

Deno.test("a retired daemon disconnects a client, and remains reachable, when the client presents no token", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await spawnCat(home);
  const second = await upgrade(home);
  const [retired] = await retiredDaemons(`${home.run}/retired`);
  using idle = await LineClient.connect(retired!.files.socket, "");
  using wrong = await LineClient.connect(retired!.files.socket, "wrong");
  await wrong.send("server.ping");
  assertEquals(await wrong.line(), undefined, "a wrong token gets no answer");
  Deno.kill(second, "SIGKILL");
  await waitFor("its end", () => !isAlive(second));
  await serveAt(home);
  using client = await connect(home);
  assertEquals((await client.call("process.reattach", { id: "p" })).result?.["running"], true);
  assertEquals(await idle.line(), undefined, "it has had two seconds");
});

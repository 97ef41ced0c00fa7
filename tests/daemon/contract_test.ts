import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serve } from "../../lib/daemon/serve.ts";
import { stop } from "../../lib/client/stop.ts";
import { readLockRecord } from "../../lib/system/lock_file.ts";
import { claustrum } from "../helpers/command.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { homeOfMany, serveAt, upgrade } from "../helpers/handover.ts";
import { type TestHome, testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const MINUTE = 60_000;
/** A build that speaks the newest generation. */
const NEXT_BUILD = "89cb6289".padEnd(40, "0");

/** The generation that a daemon serves, as its methods tell. */
async function servedBy(socket: string, token: string): Promise<string> {
  using client = await LineClient.connect(socket, token);
  const { result } = await client.call("server.capabilities", {});
  return (result?.["methods"] as string[]).includes("server.version") ? "seed" : "next";
}

const servedAt = async (home: TestHome) => await servedBy(home.socket, await home.token());

Deno.test("a generation of the contract that does not exist is a usage error", async () => {
  await using home = await testHome();
  for (const args of [["-serve", "-contract", "newest"], ["serve", "--contract", "newest"], ["stop", "--contract=x"]]) {
    const { code, stderr } = await claustrum(home.path, args);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /contract/);
  }
});

Deno.test("the configuration chooses the generation, and a flag wins over it", async () => {
  await using home = await homeOfMany();
  await Deno.mkdir(`${home.path}/.config/claustrum`, { recursive: true });
  const config = `${home.path}/.config/claustrum/claustrum.conf`;
  await Deno.writeTextFile(config, `contract = next\nversion-override = ${NEXT_BUILD}\n`);
  await serveAt(home);
  assertEquals(await servedAt(home), "next");
  assertEquals(readLockRecord(`${home.run}/daemon.lock`)?.contract, "next");
  assertStringIncludes(await home.log(), "[daemon] serving contract = next\n");
  const doctor = async () => (await claustrum(home.path, ["doctor", "--socket", home.socket])).stdout;
  assertMatch(await doctor(), /^ok +contract +next is served$/m);
  await serveAt(home, "--replace", "--contract", "seed");
  assertEquals(await servedAt(home), "seed");
  assertStringIncludes(await home.log(), "WARN  [daemon] version-override names a build that speaks contract = next");
  assertMatch(await doctor(), /^warn +contract +version-override names a build that speaks contract = next/m);
});

Deno.test("a daemon hands its generation over, until a flag names another one", async () => {
  await using home = await homeOfMany();
  await serveAt(home, "--contract", "next");
  await upgrade(home);
  assertEquals(await servedAt(home), "next");
  await upgrade(home);
  assertEquals(await servedAt(home), "next");
  await serveAt(home, "--replace", "--handover", "--contract", "seed");
  assertEquals(await servedAt(home), "seed");
  await serveAt(home, "--replace");
  assertEquals(await servedAt(home), "seed");
});

Deno.test("a daemon of the newest generation stops without a token, and answers before", async () => {
  await using directory = await tempDir();
  const socket = `${directory.path}/rpc.sock`;
  for (const request of [{ auth: "wrong" }, {}]) {
    await using daemon = await serve({ socket, token: "t", useLoginPath: false, contract: "next" });
    using client = await LineClient.connect(socket, "t");
    await client.sendRaw(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "server.shutdown", ...request })}\n`);
    assertEquals(await client.line(), '{"jsonrpc":"2.0","id":1,"result":{"ok":true}}');
    await soon("its end", daemon.finished);
  }
  await using daemon = await serve({ socket, token: "t", useLoginPath: false, contract: "next" });
  assertEquals(await stop({ socket, token: "" }), "stopped");
  await soon("its end", daemon.finished);
});

Deno.test("a daemon of the newest generation closes a connection that is silent for five minutes, and no other", async () => {
  await using directory = await tempDir();
  const clock = fakeClock();
  const logged: string[] = [];
  const log = { debug() {}, info: (text: string) => void logged.push(text), warn() {}, error() {} };
  const socket = `${directory.path}/rpc.sock`;
  await using _daemon = await serve({ socket, token: "t", useLoginPath: false, contract: "next", clock, log });
  using silent = await LineClient.connect(socket, "t");
  using busy = await LineClient.connect(socket, "t");
  using waiting = await LineClient.connect(socket, "t");
  await silent.call("server.ping");
  await busy.call("process.spawn", { id: "p", command: "sleep", args: ["1000"] });
  await waiting.send("process.killAndWait", { id: "p", signal: "INT", timeoutMs: 30_000, escalate: false });
  clock.advance(4 * MINUTE);
  await busy.call("server.ping");
  clock.advance(MINUTE);
  assertEquals(await soon("the end of the silent one", silent.line()), undefined);
  await waitFor("the log", () => logged.includes("[Server] closing connection idle 5m0s in both directions: @"));
  assertEquals((await busy.call("server.ping")).result, { pong: true });
});

Deno.test("a daemon of the first generation closes no silent connection", async () => {
  await using directory = await tempDir();
  const clock = fakeClock();
  const socket = `${directory.path}/rpc.sock`;
  await using _daemon = await serve({ socket, token: "t", useLoginPath: false, clock });
  using client = await LineClient.connect(socket, "t");
  await client.call("server.ping");
  clock.advance(60 * MINUTE);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

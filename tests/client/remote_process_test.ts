import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, ProcessLostError, RpcCallError } from "../../mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { soon } from "../helpers/wait.ts";

const NOISE_BYTES = 20_000_000;
const NOISY = `head -c ${NOISE_BYTES} /dev/zero >&2; echo done; exit 3`;

Deno.test("RemoteProcess.stderr drops and counts the oldest output when it is not read", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "sh", args: ["-c", NOISY] });
  assertEquals(await soon("its stdout", new Response(child.stdout).text()), "done\n");
  assertEquals(await child.exit, { code: 3 });
  const kept = (await new Response(child.stderr).arrayBuffer()).byteLength;
  assertEquals(kept + child.stderrDropped, NOISE_BYTES);
  assert(kept > 0 && kept <= 1 << 20, `${kept} bytes kept`);
});

Deno.test("RemoteProcess.stderr loses nothing when it is read slowly", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "sh", args: ["-c", NOISY] });
  const [, errors] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).arrayBuffer(),
  ]);
  assertEquals([errors.byteLength, child.stderrDropped], [NOISE_BYTES, 0]);
});

Deno.test("RemoteProcess.stderr pauses the process when unreadStderr is hold", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const child = await client.spawn({ command: "sh", args: ["-c", NOISY], unreadStderr: "hold" });
  const stdout = new Response(child.stdout).text();
  const errors = await new Response(child.stderr).arrayBuffer();
  assertEquals([await stdout, errors.byteLength, child.stderrDropped], ["done\n", NOISE_BYTES, 0]);
});

for (const signal of [undefined, "SIGINT", "SIGHUP", "SIGKILL"] as const) {
  Deno.test(`RemoteProcess.kill() sends ${signal ?? "SIGTERM when it is called without a signal"}`, async () => {
    await using daemon = await startDaemon();
    await using client = await connect({ socket: daemon.socket });
    const child = await client.spawn({ command: "sleep", args: ["1000"] });
    await child.kill(signal);
    assertEquals(await child.exit, { code: -1, signal: signal ?? "SIGTERM", killedBy: "client" });
  });
}

Deno.test("RemoteProcess.kill() signals no process when another one has the id", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const ended = await client.spawn({ id: "p", command: "true" });
  await ended.exit;
  const replaced = await client.spawn({ id: "p", command: "cat" });
  const present = await client.spawn({ id: "p", command: "cat" });
  await assertRejects(() => replaced.exit, ProcessLostError);
  await ended.kill("SIGKILL");
  await assertRejects(() => replaced.kill("SIGKILL"), ProcessLostError);
  await present.stdin.close();
  assertEquals(await present.exit, { code: 0 });
});

Deno.test("Client.request() calls any method and throws RpcCallError when the daemon replies with an error", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  assertEquals(await client.request("server.ping"), { pong: true });
  assertEquals(await client.request("files.validate", { path: "/" }), { valid: true, isDir: true });
  const error = await assertRejects(() => client.request("server.no_such", {}), RpcCallError);
  assertEquals([error.code, error.method], [-32601, "server.no_such"]);
});

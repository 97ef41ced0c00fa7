import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

/** Starts a daemon from a shell that has set limits. */
async function serveFrom(home: { path: string; socket: string }, limits: string, more: string, stderr = "") {
  const command =
    `${limits}; '${Deno.execPath()}' run -A --quiet '${CLI}' serve --socket '${home.socket}' ${more} ${stderr}`;
  return await new Deno.Command("sh", {
    args: ["-c", command],
    env: plainEnvironment(home.path),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
}

Deno.test("claustrum serve gives processes the user's own soft limit of descriptors when the runtime raises the daemon's", async () => {
  await using home = await testHome();
  // The shell stays alive, because the limit is read from it.
  assertEquals((await serveFrom(home, "ulimit -Sn 333", "", "&& true")).code, 0);
  using client = await LineClient.connect(home.socket, await home.token());
  const script = `${home.path}/script`;
  await Deno.writeTextFile(script, "#!/bin/sh\nulimit -Sn; env | grep CLAUSTRUM_\n", { mode: 0o755 });
  for (const [id, command, args] of [["a", "sh", ["-c", "ulimit -Sn"]], ["b", script, []]] as const) {
    await client.call("process.spawn", { id, command, args });
    assertEquals(outputOf(await client.until(isExitOf(id))), "333\n");
  }
  const limits = await Deno.readTextFile(`/proc/${home.pid()}/limits`);
  const [, soft, hard] = /^Max open files +(\d+) +(\d+)/m.exec(limits)!;
  assert(Number(soft) > 333 && soft === hard, limits);
});

Deno.test("claustrum serve recovers when it runs out of descriptors: spawns fail with a text and clients wait", async () => {
  await using home = await testHome();
  assertEquals((await serveFrom(home, "ulimit -n 60", "", "&& true")).code, 0);
  const token = await home.token();
  using client = await LineClient.connect(home.socket, token);
  const ids: string[] = [];
  let failure = "";
  for (let i = 0; failure === ""; i++) {
    const { error } = await client.call("process.spawn", { id: `p${i}`, command: "cat" });
    if (error === undefined) ids.push(`p${i}`);
    else failure = error.message;
  }
  assert(ids.length > 5, `${ids.length} processes`);
  assertEquals(failure, "fork/exec /usr/bin/cat: too many open files");
  // More clients than the limit allows: the daemon cannot accept all of them, and must survive that.
  const waiting = await Promise.all(Array.from({ length: 20 }, () => LineClient.connect(home.socket, token)));
  await waitFor("accept to fail", async () => (await home.log()).includes("accept error (retrying in"));
  assertEquals((await client.call("server.ping")).result, { pong: true });
  for (const id of ids) await client.call("process.killAndWait", { id, signal: "KILL" });
  for (const other of waiting) {
    assertEquals((await other.call("server.ping")).result, { pong: true });
    other.close();
  }
  assertEquals((await client.call("process.spawn", { id: "again", command: "true" })).result, { success: true });
  assertStringIncludes(await home.log(), "accept error (retrying in 5ms): too many open files");
});

Deno.test("claustrum serve keeps running when its log can no longer be written", async () => {
  for (const stderr of ["2>&-", "2>/dev/full"]) {
    await using home = await testHome();
    const serving = serveFrom(home, "true", "--foreground", `${stderr} & echo`);
    await serving;
    await waitFor("the daemon", async () => {
      try {
        return await home.token() !== "" && home.pid() > 0;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return false;
        throw error;
      }
    });
    using client = await LineClient.connect(home.socket, await home.token());
    await client.call("process.spawn", { id: "p", command: "echo", args: ["hi"] });
    const ended = await client.until(isExitOf("p"));
    assertEquals(outputOf(ended), "hi\n");
  }
});

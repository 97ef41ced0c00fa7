import { assertEquals } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { homeOfMany, serveAt, upgrade } from "../helpers/handover.ts";
import type { TestHome } from "../helpers/home.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

const connect = async (home: TestHome) => await LineClient.connect(home.socket, await home.token());

interface Listed {
  readonly id: string;
  readonly running: boolean;
  readonly restart?: string;
  readonly restarts?: number;
  readonly daemon?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

async function list(client: LineClient): Promise<Listed[]> {
  return (await client.call("process.list", {})).result!.processes as Listed[];
}

Deno.test("a restart policy survives a hand-over: the process is started again afterwards, and can be ended", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  const gate = `${home.path}/go`;
  const script = `until [ -e '${gate}' ]; do sleep 0.01; done; echo failed; exit 1`;
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "p", command: "sh", args: ["-c", script], restart: "on-failure" });
  }
  await upgrade(home);
  using client = await connect(home);
  await Deno.writeTextFile(gate, "");
  const [listed] = await waitFor("two restarts", async () => {
    const all = await list(client);
    return (all[0]?.restarts ?? 0) >= 2 ? all : undefined;
  });
  assertEquals([listed?.restart, listed?.running], ["on-failure", true]);
  await client.call("process.killAndWait", { id: "p" });
  const ended = await list(client);
  assertEquals(ended.map(({ id, running }) => [id, running]), [["p", false]]);
});

Deno.test("process.restart, process.rename and process.inspect reach a process in a retired daemon", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "a", command: "cat", env: { A: "b" } });
  }
  await upgrade(home);
  using client = await connect(home);
  using follower = await connect(home);
  await follower.call("process.reattach", { id: "a" });
  assertEquals((await client.call("process.restart", { id: "a" })).result?.success, true);
  assertEquals((await client.call("process.rename", { id: "a", to: "c" })).result, { success: true });
  assertEquals((await list(client)).map(({ id, restarts }) => [id, restarts]), [["c", 1]]);
  const { env } = (await client.call("process.inspect", { id: "c", env: true })).result as {
    env: Record<string, string>;
  };
  assertEquals(env.A, "b");
  const spawn = { id: "c", command: "cat", fresh: true };
  assertEquals((await client.call("process.spawn", spawn)).error?.message, "Process ID is in use");
  const rename = await client.call("process.rename", { id: "c", to: "c2" });
  assertEquals(rename.result, { success: true });
  await follower.send("process.stdin", { id: "a", data: btoa("hi\n") });
  const seen = await follower.until(({ stream }) => stream === "stdout");
  assertEquals([outputOf(seen), seen.at(-1)?.processId], ["hi\n", "a"]);
  await client.call("process.spawn", { id: "a", command: "true" });
  assertEquals((await list(client)).map(({ id, running }) => `${id} ${running}`).slice(0, 1), ["c2 true"]);
});

Deno.test("claustrum restart starts a process that has ended in a retired daemon, in the one that serves", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  {
    using client = await connect(home);
    const spawn = { id: "p", command: "sh", args: ["-c", "echo $V $PWD"], cwd: "/", env: { V: "v" } };
    await client.call("process.spawn", { ...spawn, labels: { k: "v" }, cleanEnv: true });
    await client.until(isExitOf("p"));
  }
  await upgrade(home);
  const run = (...args: string[]) => claustrum(home.path, [args[0]!, "--socket", home.socket, ...args.slice(1)]);
  assertEquals(await run("restart", "p"), { code: 0, stdout: "", stderr: "" });
  using client = await connect(home);
  await client.send("process.reattach", { id: "p" });
  assertEquals(outputOf(await client.until(isExitOf("p"))), "v /\n");
  const [listed] = await list(client);
  assertEquals([listed?.daemon, listed?.labels], [undefined, { k: "v" }]);
  assertEquals((await client.call("process.inspect", { id: "p" })).result?.["cleanEnv"], true);
});

import { assert, assertEquals } from "@std/assert";
import { connect as connectClient, runCommand } from "../../lib/client/mod.ts";
import { homeOfMany, serveAt, upgrade } from "../helpers/handover.ts";
import type { TestHome } from "../helpers/home.ts";
import { isExitOf, LineClient, type Message } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

const connect = async (home: TestHome) => await LineClient.connect(home.socket, await home.token());

/** The ids and the states of all processes. */
async function listed(client: LineClient): Promise<[id: string, isRunning: boolean][]> {
  const { result } = await client.call("process.list", {});
  return (result!.processes as { id: string; running: boolean }[]).map(({ id, running }) => [id, running]);
}

Deno.test("process.forget forgets an ended process, and leaves a running one, when they are in a retired daemon", async () => {
  await using home = await homeOfMany();
  const first = await serveAt(home);
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "ended", command: "true" });
    await client.until(isExitOf("ended"));
    for (const id of ["ending", "running"]) await client.call("process.spawn", { id, command: "cat" });
  }
  await upgrade(home);
  using client = await connect(home);
  assertEquals(await listed(client), [["ended", false], ["ending", true], ["running", true]]);
  await client.call("process.closeStdin", { id: "ending" });
  await waitFor("its end", async () => (await listed(client))[1]?.[1] === false);
  const forget = async (id: string) => {
    const { result, error } = await client.call("process.forget", { id });
    return error?.message ?? result;
  };
  for (const id of ["ended", "ending"]) {
    assertEquals(await forget(id), { success: true });
    assertEquals(await forget(id), "Process not found");
    assertEquals((await client.call("process.reattach", { id })).result!.found, false);
  }
  assertEquals(await forget("running"), "Process is running");
  assertEquals(await listed(client), [["running", true]]);
  Deno.kill(first, "SIGKILL");
  await waitFor("the loss to be noticed", async () => (await listed(client))[0]?.[1] === false);
  assertEquals(await listed(client), [["running", false]], "only that one is lost with its daemon");
  assertEquals(await forget("running"), { success: true });
  assertEquals(await listed(client), []);
});

Deno.test("process.forget notifies a client that still reads when the process is in a retired daemon", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  let lastSeq: number;
  {
    using client = await connect(home);
    await client.call("process.spawn", { id: "p", command: "head", args: ["-c", "12000000", "/dev/zero"] });
    lastSeq = (await client.until(isExitOf("p"))).at(-1)!.seq!;
  }
  await upgrade(home);
  using client = await connect(home);
  using reader = await connect(home);
  await reader.send("process.reattach", { id: "p", observe: true, notice: true });
  await reader.line();
  assertEquals((await client.call("process.forget", { id: "p" })).result, { success: true });
  const read = await reader.until(({ stream }) => stream === "detached");
  const notice = read.at(-1) as Message & { reason?: string };
  assertEquals([notice.reason, notice.seq], ["gone", Math.max(...read.map(({ seq = 0 }) => seq))]);
  assert(notice.seq! < lastSeq, "it has not been sent all");
});

Deno.test("runCommand() gives all output and leaves no trace when the daemon retires meanwhile", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await using client = await connectClient({ socket: home.socket });
  const script = `echo before; until [ -e '${home.path}/go' ]; do sleep 0.01; done; echo after`;
  const running = runCommand(client, { command: "sh", args: ["-c", script] });
  using line = await connect(home);
  await waitFor("it to run", async () => (await listed(line)).length === 1);
  await upgrade(home);
  await Deno.writeTextFile(`${home.path}/go`, "");
  const { code, stdout } = await running;
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "before\nafter\n"]);
  assertEquals((await client.call("process.list")).processes, []);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Client, CommandLimitError, connect, RpcCallError, runCommand } from "../../lib/client/mod.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A shell's command line. */
const sh = (script: string) => ({ command: "sh", args: ["-c", script] });

async function ids(client: Client): Promise<string[]> {
  return (await client.call("process.list")).processes.map(({ id }) => id);
}

/** A client that notes what is called, and may answer otherwise. */
function noting(client: Client, answer: (method: string) => Promise<unknown> | undefined = () => undefined) {
  const methods: string[] = [];
  const call = (method: string, params?: unknown) => {
    methods.push(method);
    return answer(method) ?? client.request(method, params);
  };
  return { methods, client: { ...client, call } as unknown as Client };
}

/** Starts a command that tells its pid in a file and then lives on; gives the pid. */
function endless(daemon: TestDaemon) {
  const file = `${daemon.directory}/pid`;
  const pid = async () => Number(await waitFor("its pid", () => Deno.readTextFile(file).catch(() => "")));
  return { ...sh(`sleep 1000 & echo $! >'${file}.new'; mv '${file}.new' '${file}'; wait`), pid };
}

Deno.test("runCommand() gives what a command printed and how it ended, and leaves no trace", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const result = await runCommand(client, {
    ...sh('cat; pwd; echo "$WORD" >&2; exit 3'),
    cwd: "/",
    env: { WORD: "word" },
    stdin: new TextEncoder().encode("fed\n"),
  });
  assertEquals({ ...result, stdout: decode(result.stdout), stderr: decode(result.stderr) }, {
    code: 3,
    stdout: "fed\n/\n",
    stderr: "word\n",
  });
  const { code, signal } = await runCommand(client, sh("kill -TERM $$"));
  assertEquals([code, signal], [-1, "SIGTERM"]);
  assertEquals(await ids(client), []);
});

Deno.test("runCommand() takes stdin that a command does not read, and output of megabytes in both streams", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const stdin = new Uint8Array(4 << 20);
  assertEquals((await runCommand(client, { command: "true", args: [], stdin })).code, 0);
  const script = "head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero";
  const { stdout, stderr } = await runCommand(client, sh(script));
  assertEquals([stdout.length, stderr.length], [3_000_000, 3_000_000]);
});

Deno.test("runCommand() runs a command under an id that begins as it should", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  for (const [options, pattern] of [[{}, /^hub\/[-0-9a-f]{36}$/], [{ idPrefix: "x-" }, /^x-[-0-9a-f]{36}$/]] as const) {
    const controller = new AbortController();
    const { pid, ...command } = endless(daemon);
    const running = runCommand(client, { ...command, ...options, signal: controller.signal });
    await pid();
    const [id] = await ids(client);
    controller.abort();
    await assertRejects(() => running, DOMException);
    assert(pattern.test(id!), id);
    await Deno.remove(`${daemon.directory}/pid`);
  }
});

Deno.test("runCommand() fails as spawn() does when the command cannot be started", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const error = await assertRejects(() => runCommand(client, { command: "/nope", args: [] }), RpcCallError);
  assertEquals([error.code, error.message], [-32603, "fork/exec /nope: no such file or directory"]);
  assertEquals(await ids(client), []);
});

Deno.test("runCommand() kills the group and leaves no trace when the command prints too much", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  for (const stream of [1, 2]) {
    const running = runCommand(client, { ...sh(`yes >&${stream} & wait`), maxBytes: 100_000 });
    await assertRejects(() => running, CommandLimitError, '"sh" printed more than 100000 bytes');
    assertEquals(await ids(client), []);
  }
  const { stdout } = await runCommand(client, { ...sh("head -c 100000 /dev/zero"), maxBytes: 100_000 });
  assertEquals(stdout.length, 100_000, "exactly as much is allowed");
});

Deno.test("runCommand() kills the group and leaves no trace when the time is over", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const { pid, ...command } = endless(daemon);
  const running = runCommand(client, { ...command, timeoutMs: 500 });
  const [grandchild] = await Promise.all([
    pid(),
    assertRejects(() => soon("its end", running), CommandLimitError, '"sh" did not end within 500 ms'),
  ]);
  await waitFor("the grandchild's end", () => !isAlive(grandchild));
  assertEquals(await ids(client), []);
});

Deno.test("runCommand() kills the group and leaves no trace when it is aborted", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const { pid, ...command } = endless(daemon);
  const controller = new AbortController();
  const running = runCommand(client, { ...command, signal: controller.signal });
  const grandchild = await pid();
  controller.abort(new RangeError("enough"));
  await assertRejects(() => running, RangeError, "enough");
  await waitFor("the grandchild's end", () => !isAlive(grandchild));
  assertEquals(await ids(client), []);
  const late = noting(client);
  await assertRejects(() => runCommand(late.client, { ...command, signal: controller.signal }), RangeError);
  assertEquals(late.methods, []);
});

Deno.test("runCommand() undoes the start when it is aborted before the command runs", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const controller = new AbortController();
  const running = runCommand(client, { ...sh("sleep 1000"), signal: controller.signal });
  controller.abort();
  await assertRejects(() => running, DOMException);
  await waitFor("its end", () => /Process hub\/\S+ exited with code -1/.test(daemon.log()));
  await waitFor("it to be forgotten", async () => (await ids(client)).length === 0);
});

Deno.test("runCommand() goes without process.forget when the daemon does not know it", async () => {
  await using daemon = await startDaemon();
  await using client = await connect({ socket: daemon.socket });
  const older = noting(client, (method) => {
    const error = new RpcCallError(method, -32601, "Method not found");
    return method === "process.forget" ? Promise.reject(error) : undefined;
  });
  assertEquals(decode((await runCommand(older.client, sh("echo hi"))).stdout), "hi\n");
  assertEquals(older.methods, ["process.forget"]);
  assertEquals((await ids(client)).length, 1);
});

Deno.test("runCommand() fails and does not wait when the client is closed", async () => {
  await using daemon = await startDaemon();
  const client = await connect({ socket: daemon.socket });
  const { pid, ...command } = endless(daemon);
  const running = runCommand(client, command);
  await pid();
  const failing = assertRejects(() => soon("its end", running));
  await client[Symbol.asyncDispose]();
  await failing;
});

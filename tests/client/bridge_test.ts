import { assert, assertEquals, assertRejects } from "@std/assert";
import { bridge } from "../../lib/client/bridge.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, startDaemon } from "../helpers/daemon.ts";
import { LineClient } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

function request(id: number, method: string, params?: unknown, auth = "test-token"): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params, auth }) + "\n";
}

Deno.test("claustrum bridge forwards requests and replies, and ends after the end of stdin", async () => {
  await using daemon = await startDaemon();
  for (const spelling of [["-bridge", "-socket"], ["bridge", "--socket"]]) {
    const stdin = request(1, "server.ping") + request(2, "server.ping", {}, "wrong").trimEnd();
    const { code, stdout, stderr } = await claustrum(daemon.directory, [...spelling, daemon.socket], { stdin });
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.split("\n"), [
      '{"jsonrpc":"2.0","id":1,"result":{"pong":true}}',
      '{"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"Unauthorized: invalid or missing auth token"}}',
      "",
    ]);
  }
});

Deno.test("claustrum bridge prints the reason when it cannot connect", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/rpc.sock`;
  const missing = await claustrum(dir.path, ["-bridge", "-socket", socket]);
  const text = `claustrum: dial server: dial unix ${socket}: connect: no such file or directory\n`;
  assertEquals([missing.code, missing.stdout, missing.stderr], [1, "", text]);
  await Deno.writeTextFile(socket, "");
  const refused = await claustrum(dir.path, ["bridge", "--socket", socket]);
  assertEquals(refused.stderr, `claustrum: dial server: dial unix ${socket}: connect: connection refused\n`);
  const long = `/${"x".repeat(120)}`;
  const invalid = await claustrum(dir.path, ["-bridge", "-socket", long]);
  assertEquals(invalid.stderr, `claustrum: dial server: dial unix ${long}: connect: invalid argument\n`);
});

function spawnBridge(socket: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "bridge", "--socket", socket],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

Deno.test("claustrum bridge forwards each line at once, both ways", async () => {
  await using daemon = await startDaemon();
  const child = spawnBridge(daemon.socket);
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let id = 1; id <= 20; id++) {
    await writer.write(new TextEncoder().encode(request(id, "server.ping")));
    const { value } = await soon("an answer", reader.read());
    assertEquals(value, `{"jsonrpc":"2.0","id":${id},"result":{"pong":true}}\n`);
  }
  await writer.close();
  assertEquals((await child.status).code, 0);
  assertEquals((await reader.read()).done, true);
});

Deno.test("claustrum bridge exits with 0 when the daemon stops and stdin is open", async () => {
  await using daemon = await startDaemon();
  const child = spawnBridge(daemon.socket);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(request(1, "server.shutdown")));
  assertEquals((await soon("the bridge's end", child.status)).code, 0);
  await child.stdout.cancel();
  await writer.close().catch(() => {});
});

Deno.test("claustrum bridge prints no error when its stdout is closed", async () => {
  await using daemon = await startDaemon();
  const command =
    `(printf '%s' "$3"; sleep 30) | "$0" run -A --quiet "$1" bridge --socket "$2" | head -c 100000 | wc -c`;
  const spawn = request(1, "process.spawn", { id: "flood", command: "yes" });
  const child = new Deno.Command("bash", {
    args: ["-c", command, Deno.execPath(), CLI, daemon.socket, spawn],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await soon("the count", reader.read())).value?.trim(), "100000");
  Deno.kill(-child.pid, "SIGTERM");
  await child.status;
  await reader.cancel();
  assertEquals((await child.stderr.pipeThrough(new TextDecoderStream()).getReader().read()).value ?? "", "");
});

for (
  const [name, redirect, sentence] of [
    ["its stdin is a directory", "</", "claustrum: cannot read stdin: is a directory\n"],
    [
      "its stdout is a full disk",
      `>/dev/full <<< '${request(1, "server.ping").trim()}'`,
      "claustrum: cannot write to stdout: no space left on device\n",
    ],
  ] as const
) {
  Deno.test(`claustrum bridge prints one sentence when ${name}`, async () => {
    await using daemon = await startDaemon();
    for (const spelling of ["bridge --socket", "-bridge -socket"]) {
      const command = `exec "$0" run -A --quiet "$1" ${spelling} "$2" ${redirect}`;
      const child = new Deno.Command("bash", { args: ["-c", command, Deno.execPath(), CLI, daemon.socket] });
      const { code, stderr } = await soon("the bridge's end", child.output());
      assertEquals([code, new TextDecoder().decode(stderr)], [1, sentence]);
    }
  });
}

Deno.test("bridge() throws the error of its input when the daemon sends nothing", async () => {
  await using daemon = await startDaemon();
  const output = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };
  const failing = (error: Error) => ({ read: () => Promise.reject(error) });
  const bridged = (error: Error) => bridge({ socket: daemon.socket, input: failing(error), output });
  await assertRejects(() => bridged(new RangeError("no more")), RangeError, "no more");
  await assertRejects(() => bridged(new Deno.errors.IsADirectory("x")), Error, "cannot read the input: is a directory");
});

Deno.test("claustrum bridge forwards many megabytes unchanged", async () => {
  await using daemon = await startDaemon();
  const child = spawnBridge(daemon.socket);
  const writer = child.stdin.getWriter();
  const script = "seq 1 1000000";
  await writer.write(
    new TextEncoder().encode(request(1, "process.spawn", { id: "p", command: "sh", args: ["-c", script] })),
  );
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.endsWith('"exitCode":0}\n')) break;
  }
  await writer.close();
  assertEquals((await child.status).code, 0);
  const output = text.split("\n").filter((line) => line.includes('"stdout"'))
    .map((line) => new TextDecoder().decode(Uint8Array.fromBase64(JSON.parse(line).data))).join("");
  assertEquals(output, Array.from({ length: 1_000_000 }, (_, i) => `${i + 1}\n`).join(""));
});

Deno.test("bridge() copies between any source and sink, and ends when its signal is aborted", async () => {
  await using daemon = await startDaemon();
  const controller = new AbortController();
  let output = "";
  const pending = Promise.withResolvers<number | null>();
  let isFirst = true;
  const bridged = bridge({
    socket: daemon.socket,
    signal: controller.signal,
    input: {
      read(into) {
        if (!isFirst) return pending.promise;
        isFirst = false;
        return Promise.resolve(new TextEncoder().encodeInto(request(1, "server.ping"), into).written);
      },
    },
    output: {
      write(bytes) {
        output += new TextDecoder().decode(bytes);
        controller.abort(new Error("enough"));
        return Promise.resolve(bytes.length);
      },
    },
  });
  const error = await bridged.then(() => undefined, (reason) => reason);
  assertEquals(error?.message, "enough");
  assertEquals(output, '{"jsonrpc":"2.0","id":1,"result":{"pong":true}}\n');
  pending.resolve(null);
  using client = await LineClient.connect(daemon.socket, daemon.token);
  assert((await client.call("server.ping")).result !== undefined);
});

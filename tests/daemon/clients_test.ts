import { assertEquals } from "@std/assert";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { soon } from "../helpers/wait.ts";

async function run(command: string, args: string[]): Promise<string> {
  const child = new Deno.Command(command, { args, stdin: "null", stderr: "inherit" }).output();
  return new TextDecoder().decode((await soon(command, child)).stdout);
}

function socat(daemon: TestDaemon, input: string): Promise<string> {
  return run("sh", ["-c", `printf '%s' "$1" | socat -t 20 - "UNIX-CONNECT:$2"`, "sh", input, daemon.socket]);
}

Deno.test("serve() answers socat when the last line has a newline, and when it has none", async () => {
  await using daemon = await startDaemon();
  const ping = '{"jsonrpc":"2.0","id":1,"method":"server.ping","auth":"test-token"}';
  const pong = '{"jsonrpc":"2.0","id":1,"result":{"pong":true}}\n';
  assertEquals(await socat(daemon, ping), pong);
  assertEquals(await socat(daemon, `${ping}\n`), pong);
  assertEquals(await socat(daemon, `${ping}\n`.repeat(1_000)), pong.repeat(1_000));
  assertEquals(await socat(daemon, ""), "");
});

Deno.test("serve() answers socat when the reply to its last request takes time", async () => {
  await using daemon = await startDaemon();
  using other = await daemon.connect();
  await other.call("process.spawn", {
    id: "p",
    command: "sh",
    args: ["-c", "trap 'sleep 0.3; exit 5' TERM; echo; read x"],
  });
  await other.until((message) => message.stream === "stdout");
  const kill = { jsonrpc: "2.0", id: 1, method: "process.killAndWait", params: { id: "p" }, auth: daemon.token };
  assertEquals(
    await socat(daemon, JSON.stringify(kill)),
    '{"jsonrpc":"2.0","id":1,"result":{"found":true,"died":true}}\n',
  );
});

const NODE_CLIENT = `
const [socketPath, token] = process.argv.slice(1);
const socket = require("net").connect(socketPath);
const send = (id, method, params) => socket.write(JSON.stringify({ jsonrpc: "2.0", id, method, params, auth: token }) + "\\n");
let buffer = "", output = "";
socket.setEncoding("utf8");
socket.on("data", (text) => {
  buffer += text;
  const lines = buffer.split("\\n");
  buffer = lines.pop();
  for (const message of lines.map((line) => JSON.parse(line))) {
    if (message.stream === "stdout") output += Buffer.from(message.data, "base64");
    if (message.id === 1) send(2, "process.stdin", { id: "n", data: Buffer.from("ping\\n").toString("base64") });
    if (message.stream === "exit") { console.log(output + "exit " + message.exitCode); socket.end(); }
  }
});
send(1, "process.spawn", { id: "n", command: "sh", args: ["-c", "read x; echo got $x; exit 6"] });
`;

Deno.test("serve() lets a plain Node client spawn, feed and follow a process", async () => {
  await using daemon = await startDaemon();
  assertEquals(await run("node", ["-e", NODE_CLIENT, daemon.socket, daemon.token]), "got ping\nexit 6\n");
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServeError } from "../../lib/system/serve_error.ts";
import { serve } from "../../lib/daemon/serve.ts";
import { createLogger } from "../../lib/system/log.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { LineClient } from "../helpers/line_client.ts";
import { makeDeadSocket } from "../helpers/dead_socket.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

const OPTIONS = { token: "t", useLoginPath: false };

Deno.test("serve() leaves only its lock file when it is shut down", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/deep/er/rpc.sock`;
  {
    await using daemon = await serve({ ...OPTIONS, socket });
    assertEquals(daemon.socket, socket);
    using client = await LineClient.connect(socket, "t");
    assertEquals((await client.call("server.ping")).result, { pong: true });
    assertEquals((await Deno.stat(socket)).mode! & 0o777, 0o600);
    assertEquals((await Deno.stat(`${dir.path}/deep/er`)).mode! & 0o777, 0o700);
    assertEquals((await Deno.stat(`${dir.path}/deep/er/daemon.token`)).mode! & 0o777, 0o600);
    assertEquals(await Deno.readTextFile(`${dir.path}/deep/er/daemon.token`), "t");
  }
  assertEquals([...Deno.readDirSync(`${dir.path}/deep/er`)].map(({ name }) => name), ["daemon.lock"]);
  assertEquals(await Deno.readTextFile(`${dir.path}/deep/er/daemon.lock`), "");
});

Deno.test("serve() restores the umask, which processes inherit, when it has bound its socket", async () => {
  await using dir = await tempDir();
  const before = Deno.umask();
  await using _daemon = await serve({ ...OPTIONS, socket: `${dir.path}/rpc.sock` });
  assertEquals(Deno.umask(), before);
});

Deno.test("serve() refuses a directory when another daemon uses it", async () => {
  await using dir = await tempDir();
  await using _daemon = await serve({ ...OPTIONS, socket: `${dir.path}/rpc.sock` });
  await assertRejects(
    () => serve({ ...OPTIONS, socket: `${dir.path}/other.sock` }),
    ServeError,
    `${dir.path} is in use by the daemon on ${dir.path}/rpc.sock (pid ${Deno.pid})`,
  );
});

Deno.test("serve() throws when the token is empty", async () => {
  await assertRejects(() => serve({ ...OPTIONS, socket: "/tmp/x/rpc.sock", token: "" }), TypeError, "token is empty");
});

Deno.test("serve() replaces a socket only when no process listens on it", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/rpc.sock`;
  await makeDeadSocket(socket);
  assert(await isThere(socket));
  await (await serve({ ...OPTIONS, socket })).shutdown();

  await Deno.writeTextFile(socket, "not a socket");
  await assertRejects(
    () => serve({ ...OPTIONS, socket }),
    ServeError,
    `listen unix: listen unix ${socket}: bind: address already in use`,
  );
  assertEquals(await Deno.readTextFile(socket), "not a socket");
});

Deno.test("serve() throws with the reason when it cannot listen on the path", async () => {
  await using dir = await tempDir();
  const long = `${dir.path}/${"x".repeat(108 - dir.path.length - 1)}`;
  await assertRejects(
    () => serve({ ...OPTIONS, socket: long }),
    ServeError,
    `listen unix: listen unix ${long}: bind: invalid argument`,
  );
  // A failure releases the lock.
  await (await serve({ ...OPTIONS, socket: `${dir.path}/rpc.sock` })).shutdown();
});

Deno.test("server.shutdown closes every connection without a reply when a client calls it", async () => {
  await using dir = await tempDir();
  const daemon = await serve({ ...OPTIONS, socket: `${dir.path}/rpc.sock` });
  using bystander = await LineClient.connect(daemon.socket, "t");
  using client = await LineClient.connect(daemon.socket, "t");
  await bystander.call("process.spawn", { id: "p", command: "sleep", args: ["100"] });
  await client.send("server.shutdown");
  assertEquals(await client.line(), undefined);
  await soon("the daemon's end", daemon.finished);
  const rest = [];
  for (let line = await bystander.line(); line !== undefined; line = await bystander.line()) rest.push(line);
  assertEquals(rest.length <= 1, true, "at most the exit frame of the killed process");
  await daemon.shutdown();
});

Deno.test("the log contains connections, processes and refused requests, but no tokens, variables or stdin when a client uses them", async () => {
  await using dir = await tempDir();
  const lines: string[] = [];
  const log = createLogger({
    level: "debug",
    write: (line) => void lines.push(line),
    now: () => new Date(2026, 0, 2, 3, 4, 5),
  });
  const daemon = await serve({ ...OPTIONS, token: "s3cret-token", socket: `${dir.path}/rpc.sock`, log });
  using client = await LineClient.connect(daemon.socket, "s3cret-token");
  await client.call("process.spawn", {
    id: "p",
    command: "sh",
    args: ["-c", "read x; exit 3", "s3cret-arg"],
    env: { KEY: "s3cret-value" },
  });
  await client.send("process.stdin", { id: "p", data: btoa("s3cret-input\n") });
  await client.until((message) => message.stream === "exit");
  await client.call("process.spawn", { id: "q", command: "/nope" });
  await client.call("process.spawn", { id: "q", command: "/bin/true", cwd: "/nope" });
  using stranger = await LineClient.connect(daemon.socket, "s3cret-guess");
  await stranger.call("server.ping");
  await stranger.sendRaw('{"id":null,"method":"x"}\n');
  await stranger.line();
  await daemon.shutdown();
  const texts = lines.map((line) => line.replace(/PID=\d+/, "PID=N"));
  for (
    const expected of [
      "2026/01/02 03:04:05 INFO  [Server] New connection from: @\n",
      "2026/01/02 03:04:05 INFO  [process.Manager] Process p started, PID=N, command=sh\n",
      "2026/01/02 03:04:05 DEBUG [process.Manager] Starting stdout streaming for process p\n",
      "2026/01/02 03:04:05 DEBUG [process.Manager] Starting stderr streaming for process p\n",
      "2026/01/02 03:04:05 INFO  [process.Manager] Process p exited with code 3\n",
      "2026/01/02 03:04:05 ERROR [process.Manager] Failed to start process q: fork/exec /nope: no such file or directory\n",
      "2026/01/02 03:04:05 WARN  [Server] Unauthorized request: method=server.ping, id=1\n",
      "2026/01/02 03:04:05 WARN  [Server] Unauthorized request: method=x, id=\n",
      "2026/01/02 03:04:05 INFO  [Server] Connection closed: @\n",
    ]
  ) assert(texts.includes(expected), `${expected} in ${texts.join("")}`);
  assert(!lines.some((line) => line.includes("chdir")), "a bad working directory is not logged");
  assert(!lines.some((line) => line.includes("s3cret")), lines.join(""));
});

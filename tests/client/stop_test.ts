import { assertEquals } from "@std/assert";
import { stop } from "../../lib/client/stop.ts";
import { claustrum } from "../helpers/command.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { makeDeadSocket } from "../helpers/dead_socket.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("claustrum stop exits with 0 and prints nothing when there is no daemon", async () => {
  await using dir = await tempDir();
  for (const args of [["-stop", "-socket"], ["stop", "--socket"]]) {
    for (const socket of [`${dir.path}/rpc.sock`, `${dir.path}/no/such/rpc.sock`]) {
      const { code, stdout, stderr } = await claustrum(dir.path, [...args, socket]);
      assertEquals([code, stdout, stderr], [0, "", ""]);
    }
  }
});

Deno.test("stop() removes a socket when no daemon listens on it, and no other file", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/rpc.sock`;
  await makeDeadSocket(socket);
  assertEquals(await stop({ socket }), "absent");
  assertEquals(await isThere(socket), false);
  await Deno.writeTextFile(socket, "a file");
  assertEquals(await stop({ socket }), "absent");
  assertEquals(await isThere(socket), true);
});

Deno.test("claustrum stop prefers the token in the environment when there is one beside the socket, too", async () => {
  await using daemon = await startDaemon();
  const args = ["stop", "--socket", daemon.socket];
  const refused = await claustrum(daemon.directory, args, { env: { CLAUDE_RPC_TOKEN: "wrong" } });
  const reason = "refused to stop: Unauthorized: invalid or missing auth token";
  assertEquals([refused.code, refused.stderr], [1, `claustrum: daemon on ${daemon.socket} ${reason}\n`]);
  await Deno.writeTextFile(`${daemon.directory}/daemon.token`, "wrong");
  const stopped = await claustrum(daemon.directory, args, { env: { CLAUDE_RPC_TOKEN: daemon.token } });
  assertEquals([stopped.code, stopped.stderr], [0, ""]);
  assertEquals(await daemon.ended(), 0);
});

Deno.test("stop() reads the token beside the socket when none is given", async () => {
  await using daemon = await startDaemon();
  assertEquals(await stop({ socket: daemon.socket }), "stopped");
  assertEquals(await isThere(daemon.socket), false);
});

Deno.test("stop() returns after two seconds when the daemon does not reply", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/rpc.sock`;
  using listener = Deno.listen({ transport: "unix", path: socket });
  const accepted = listener.accept();
  assertEquals(await stop({ socket, token: "t" }), "stopping");
  (await accepted).close();
});

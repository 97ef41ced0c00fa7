import { assertEquals } from "@std/assert";
import { shellAgent } from "../../lib/daemon/launch/shell_agent.ts";
import { silentLogger } from "../../lib/system/log.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

const MINUTE_MS = 60_000;

/** A login shell that counts how often it is asked, and has an agent at a path. */
async function shellWith(directory: TempDir, socket: string): Promise<{ shell: string; asked: () => number }> {
  const shell = `${directory.path}/shell`;
  const count = `${directory.path}/count`;
  await Deno.writeTextFile(count, "");
  const script = `#!/bin/sh\necho -n x >>${count}\nexport SSH_AUTH_SOCK=${socket}\necho hello\neval "$4"\n`;
  await Deno.writeTextFile(shell, script, { mode: 0o755 });
  return { shell, asked: () => Deno.statSync(count).size };
}

Deno.test("shellAgent() returns the socket that accepts, and asks again after ten minutes", async () => {
  await using directory = await tempDir();
  const socket = `${directory.path}/agent`;
  using _listener = Deno.listen({ transport: "unix", path: socket });
  const { shell, asked } = await shellWith(directory, socket);
  const clock = fakeClock();
  const agent = shellAgent({ shell, log: silentLogger, clock });
  const once = asked();
  assertEquals([await agent(), await agent()], [socket, socket]);
  const perAnswer = asked() - once;
  clock.advance(10 * MINUTE_MS - 1);
  await agent();
  assertEquals(asked(), once + perAnswer);
  clock.advance(1);
  assertEquals(await agent(), socket);
  assertEquals(asked(), once + 2 * perAnswer);
});

Deno.test("shellAgent() returns nothing for an agent that has ended, a file or a relative path", async () => {
  await using directory = await tempDir();
  const dead = `${directory.path}/dead`;
  const file = `${directory.path}/file`;
  await Deno.writeTextFile(file, "");
  const { code } = await new Deno.Command("python3", {
    args: ["-c", `import socket; socket.socket(socket.AF_UNIX).bind("${dead}")`],
  }).output();
  assertEquals(code, 0);
  for (const socket of [dead, file, "agent", "", "/nonexistent"]) {
    const { shell } = await shellWith(directory, socket);
    assertEquals(await shellAgent({ shell, log: silentLogger, clock: fakeClock() })(), undefined, socket);
  }
});

Deno.test("shellAgent() keeps the answer that there is none", async () => {
  await using directory = await tempDir();
  const { shell, asked } = await shellWith(directory, "");
  const agent = shellAgent({ shell, log: silentLogger, clock: fakeClock() });
  await agent();
  const once = asked();
  assertEquals(await agent(), undefined);
  assertEquals(asked(), once);
});

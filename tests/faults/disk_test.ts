import { assertEquals, assertStringIncludes } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";

/** What is in a directory, with the sizes of files. */
function listing(path: string): Record<string, number> {
  return Object.fromEntries(
    [...Deno.readDirSync(path)].map(({ name }) => [name, Deno.lstatSync(`${path}/${name}`).size]),
  );
}

const ignore = !await canMount();

Deno.test("on a full disk serve fails at once, says why, and leaves nothing half-written", { ignore }, async () => {
  await using disk = await smallDisk();
  const socket = `${disk.path}/rpc.sock`;
  await disk.fill();
  const before = listing(disk.path);
  const background = await claustrum(disk.path, ["serve", "--socket", socket]);
  assertEquals(background.code, 1);
  assertStringIncludes(background.stderr, "claustrum: daemon died while starting and left no word in ");
  const foreground = await claustrum(disk.path, ["serve", "--foreground", "--socket", socket]);
  assertEquals(foreground.code, 1);
  assertStringIncludes(foreground.stderr, `claustrum: write ${disk.path}/daemon.lock: no space left on device\n`);
  assertEquals(listing(disk.path), { ...before, "daemon.lock": 0, "remote-server.log": 0 });
  await disk.empty();
  assertEquals((await claustrum(disk.path, ["serve", "--socket", socket])).code, 0);
  assertEquals((await claustrum(disk.path, ["stop", "--socket", socket])).code, 0);
});

Deno.test("a disk that is full later costs lines of the log and nothing else", { ignore }, async () => {
  await using disk = await smallDisk();
  const socket = `${disk.path}/rpc.sock`;
  assertEquals((await claustrum(disk.path, ["serve", "--socket", socket])).code, 0);
  await disk.fill();
  const token = await Deno.readTextFile(`${disk.path}/daemon.token`);
  {
    using client = await LineClient.connect(socket, token);
    for (let i = 0; i < 20; i++) {
      await client.call("process.spawn", { id: `p${i}`, command: "echo", args: [`${i}`] });
      assertEquals(outputOf(await client.until(isExitOf(`p${i}`))), `${i}\n`);
    }
  }
  await disk.empty();
  {
    using client = await LineClient.connect(socket, token);
    await client.call("process.spawn", { id: "logged again", command: "true" });
    await client.until(isExitOf("logged again"));
  }
  assertStringIncludes(await Deno.readTextFile(`${disk.path}/remote-server.log`), "Process logged again started");
  assertEquals((await claustrum(disk.path, ["stop", "--socket", socket])).code, 0);
});

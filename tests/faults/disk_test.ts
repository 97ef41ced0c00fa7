import { assertEquals, assertStringIncludes } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { isExitOf, LineClient, outputOf } from "../helpers/line_client.ts";
import { canMount, smallDisk } from "../helpers/small_disk.ts";

/** Returns the files of a directory with their sizes. */
function listing(path: string): Record<string, number> {
  return Object.fromEntries(
    [...Deno.readDirSync(path)].map(({ name }) => [name, Deno.lstatSync(`${path}/${name}`).size]),
  );
}

const ignore = !await canMount();

Deno.test("claustrum serve fails at once with the reason, and leaves no unfinished file, when the disk is full", {
  ignore,
}, async () => {
  await using disk = await smallDisk();
  const socket = `${disk.path}/rpc.sock`;
  await disk.fill();
  const before = listing(disk.path);
  const background = await claustrum(disk.path, ["serve", "--socket", socket]);
  assertEquals(background.code, 1);
  assertStringIncludes(background.stderr, "claustrum: daemon died while starting and wrote nothing to ");
  const foreground = await claustrum(disk.path, ["serve", "--foreground", "--socket", socket]);
  assertEquals(foreground.code, 1);
  assertStringIncludes(foreground.stderr, `claustrum: write ${disk.path}/daemon.lock: no space left on device\n`);
  assertEquals(listing(disk.path), { ...before, "daemon.lock": 0, "remote-server.log": 0 });
  await disk.empty();
  assertEquals((await claustrum(disk.path, ["serve", "--socket", socket])).code, 0);
  assertEquals((await claustrum(disk.path, ["stop", "--socket", socket])).code, 0);
});

Deno.test("the daemon loses only lines of its log when the disk becomes full", { ignore }, async () => {
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

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { trust } from "../../../lib/claude_home/trust.ts";
import { TrustError } from "../../../lib/claude_home/trust_error.ts";
import { type HubConfig, parseHubConfig } from "../../../lib/hub/config.ts";
import { checkPort, checkService, checkTrust, servicePlace } from "../../../lib/hub/doctor/surroundings_checks.ts";
import { tempDir } from "../../helpers/temp.ts";

async function configOf(content: string): Promise<HubConfig> {
  return (await parseHubConfig(content, "hub.toml")).config;
}

Deno.test("checkTrust() tells how many projects are trusted, and warns if none is", async () => {
  await using dir = await tempDir();
  const [home, root] = [`${dir.path}/home`, `${dir.path}/code`];
  await Deno.mkdir(home);
  for (const name of ["a", "b", ".hidden"]) await Deno.mkdir(`${root}/${name}`, { recursive: true });
  const config = await configOf(`projects.root = "${root}"\n`);
  const before = await checkTrust(config, home);
  assertEquals([before?.status, before?.message], ["warning", "0 of 2 projects are trusted"]);
  await trust(home, `${root}/a`);
  const after = await checkTrust(config, home);
  assertEquals([after?.status, after?.message], ["ok", "1 of 2 projects are trusted"]);
});

Deno.test("checkTrust() fails when the record of trust cannot be read", async () => {
  await using dir = await tempDir();
  assertEquals((await checkTrust(await configOf(""), dir.path))?.status, "ok");
  await Deno.writeTextFile(`${dir.path}/.claude.json`, "{");
  await assertRejects(
    async () => checkTrust(await configOf(""), dir.path),
    TrustError,
    "is not valid JSON: repair it first",
  );
  assertEquals(await checkTrust(await configOf(""), undefined), undefined);
});

Deno.test("checkPort() tells that another program has the port", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const config = await configOf(`listen = "127.0.0.1:${listener.addr.port}"\n`);
  const taken = checkPort(config);
  assertEquals([taken?.status, taken?.advice?.startsWith("end it, or set listen")], ["error", true]);
  listener.close();
  assertEquals(checkPort(config)?.status, "ok");
  assertEquals(checkPort(await configOf('listen = "127.0.0.1:0"\n')), undefined);
  assertEquals(checkPort(await configOf('listen = ""\n')), undefined);
});

Deno.test("checkPort() tells that an address is not one of this machine", async () => {
  const check = checkPort(await configOf('listen = "192.0.2.1:7621"\nauth.allow_unauthenticated_network = true\n'));
  assertEquals(check?.status, "error");
  assertStringIncludes(check!.message, "cannot listen on 192.0.2.1:7621: ");
});

/** Writes a unit and checks it. */
async function checkUnit(kind: "systemd" | "launchd", text: string, config = "") {
  await using dir = await tempDir();
  const path = `${dir.path}/unit`;
  await Deno.writeTextFile(path, text);
  return await checkService(await configOf(config), { kind, path });
}

const UNIT = 'ExecStart=/bin/sh "a b" --allow-net=127.0.0.1:7621\nKillMode=process\n';

Deno.test("checkService() accepts a unit that fits, or none", async () => {
  await using dir = await tempDir();
  const none = await checkService(await configOf(""), { kind: "systemd", path: `${dir.path}/absent` });
  assertEquals([none?.status, none?.message], ["ok", "none: claustrum service systemd --hub --write makes one"]);
  assertEquals((await checkUnit("systemd", UNIT))?.status, "ok");
  const plist = "<array>\n<string>/bin/sh</string><string>--allow-net=127.0.0.1:7621</string></array>";
  assertEquals((await checkUnit("launchd", plist))?.status, "ok");
  assertEquals(await checkService(await configOf(""), undefined), undefined);
});

Deno.test("checkService() tells what is wrong with a unit, and how to write it again", async () => {
  const advice = "write it again: claustrum service systemd --hub --write";
  const other = await checkUnit("systemd", UNIT, 'listen = "127.0.0.1:8000"\n');
  assertEquals([other?.status, other?.advice], ["warning", advice]);
  assertStringIncludes(other!.message, "does not let the hub use 127.0.0.1:8000");
  const mode = await checkUnit("systemd", UNIT.replace("process", "mixed"));
  assertEquals(mode?.status, "warning");
  assertStringIncludes(mode!.message, "has no KillMode=process");
  const gone = await checkUnit("systemd", UNIT.replace("/bin/sh", '"/absent dir/deno"'));
  assertEquals([gone?.status, gone?.advice], ["error", advice]);
  assertStringIncludes(gone!.message, "starts /absent dir/deno, which does not exist");
});

Deno.test("servicePlace() knows where systemd and launchd look", () => {
  assertEquals(servicePlace("linux", "/home/me")?.path, "/home/me/.config/systemd/user/claustrum-hub.service");
  assertEquals(servicePlace("darwin", "/Users/me")?.path, "/Users/me/Library/LaunchAgents/claustrum.hub.plist");
  assertEquals(servicePlace("windows", "C:\\Users\\me"), undefined);
});

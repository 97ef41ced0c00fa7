import { assertEquals, assertRejects } from "@std/assert";
import { addLink } from "../../lib/cli/link_config_file.ts";
import { resolveHubConfig } from "../../lib/hub/config.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import { tempDir } from "../helpers/temp.ts";

const LINK = { url: "wss://hub.example.org/ws/daemon", keyFile: "/k", caFile: undefined, allowsInsecure: false };
const OTHER = { url: "ws://other/ws/daemon", keyFile: '/with "quotes"', caFile: "/ca", allowsInsecure: true };

async function add(file: string, link: typeof LINK | typeof OTHER): Promise<boolean> {
  return await addLink(link, await resolveHubConfig({ file, env: new Map() }));
}

async function linksOf(file: string) {
  return (await resolveHubConfig({ file, env: new Map() })).config.links;
}

const INLINE = 'links = [{ url = "wss://hub", key_file = "/other" }]\n';

Deno.test("addLink() continues a list that is written in one line", async () => {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  await Deno.writeTextFile(file, INLINE);
  await add(file, LINK);
  assertEquals((await linksOf(file)).map(({ url }) => url), ["wss://hub/ws/daemon", LINK.url]);
});

for (const before of ["", "# mine\nname = 'x'", "[sessions]\nmax = 3\n", "[[webhooks]]\nurl = 'http://127.0.0.1'\n"]) {
  Deno.test(`addLink() adds links to ${JSON.stringify(before)}, each once`, async () => {
    await using dir = await tempDir();
    const file = `${dir.path}/hub.toml`;
    await Deno.writeTextFile(file, before);
    assertEquals([await add(file, LINK), await add(file, OTHER), await add(file, LINK)], [true, true, false]);
    assertEquals(
      await linksOf(file),
      [LINK, OTHER].map(({ url, keyFile, caFile }) => ({ url, keyFile, caFile })),
    );
    assertEquals((await Deno.readTextFile(file)).startsWith(before), true);
  });
}

Deno.test("addLink() makes the file, and writes through a symbolic link", async () => {
  await using dir = await tempDir();
  const file = `${dir.path}/config/hub.toml`;
  const env = new Map([["XDG_CONFIG_HOME", dir.path], ["HOME", dir.path]]);
  const resolved = await resolveHubConfig({ env });
  assertEquals(await addLink(LINK, { ...resolved, file }), true);
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
  await Deno.symlink(file, `${dir.path}/link.toml`);
  assertEquals(await add(`${dir.path}/link.toml`, OTHER), true);
  assertEquals((await linksOf(file)).length, 2);
});

Deno.test("addLink() leaves a file alone to which it cannot add the link", async () => {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  const text = `${INLINE}[links.x]\n`;
  await Deno.writeTextFile(file, INLINE);
  const resolved = await resolveHubConfig({ file, env: new Map() });
  await Deno.writeTextFile(file, text);
  await assertRejects(() => addLink(OTHER, resolved), ClaustrumError, "add it by hand");
  await assertRejects(
    () => addLink({ ...LINK, url: "wss://hub/ws/daemon" }, resolved),
    ClaustrumError,
    "with other files",
  );
  assertEquals(await Deno.readTextFile(file), text);
});

import { assertEquals, assertMatch } from "@std/assert";
import { hubHome } from "../helpers/hub_home.ts";

Deno.test("connectToHub() starts a hub in the background if none runs", async () => {
  await using home = await hubHome();
  assertEquals(await home.run(["names"]), { code: 0, stdout: "name-s\n", stderr: "" });
  const pid = home.pid();
  assertEquals((await home.run(["names"])).stdout, "name-s\n");
  assertEquals(home.pid(), pid);
});

Deno.test("connectToHub() starts no hub with --no-start", async () => {
  await using home = await hubHome();
  const { code, stderr } = await home.run(["names", "--no-start"]);
  assertEquals([code, stderr], [3, "claustrum: no hub is running: start one with claustrum hub start\n"]);
  await home.hub(["start"]);
  assertEquals((await home.run(["names", "--no-start"])).code, 0);
});

Deno.test("connectToHub() uses the hub of --state-dir", async () => {
  await using home = await hubHome();
  await using other = await hubHome();
  assertEquals((await home.run(["names", "--state-dir", other.state])).code, 0);
  assertEquals([home.pid(), typeof other.pid()], [undefined, "number"]);
});

Deno.test("connectToHub() says why a hub does not start", async () => {
  await using home = await hubHome();
  await Deno.writeTextFile(`${home.path}/hub.toml`, "name = 1\n");
  const { code, stderr } = await home.run(["names", "--config", `${home.path}/hub.toml`]);
  const text = `claustrum: cannot start a hub: ${home.path}/hub.toml:1: name must be a text, not 1\n`;
  assertEquals([code, stderr], [3, text]);
});

Deno.test("connectToHub() warns of unknown keys when it starts a hub, and not afterwards", async () => {
  await using home = await hubHome();
  await Deno.writeTextFile(`${home.path}/hub.toml`, "nam = 1\n");
  const names = () => home.run(["names", "--config", `${home.path}/hub.toml`]);
  assertMatch((await names()).stderr, /^claustrum: \S+\/hub\.toml:1: nam is not a key: did you mean name\?\n$/);
  assertEquals((await names()).stderr, "");
});

Deno.test("several commands at once end with one hub", async () => {
  await using home = await hubHome();
  const results = await Promise.all([1, 2, 3].map(() => home.run(["names"])));
  assertEquals(results, results.map(() => ({ code: 0, stdout: "name-s\n", stderr: "" })));
});

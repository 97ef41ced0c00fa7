import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hubHome } from "../helpers/hub_home.ts";
import { sessionHome } from "../helpers/session_home.ts";

Deno.test("claustrum hub backup copies the database of a hub that runs, and restore puts it back", async () => {
  await using home = await sessionHome('listen = ""\n');
  const copy = `${home.path}/copy.db`;
  await home.session("start", home.work, "--trust", "--name", "kept");
  assertEquals(await home.session("send", "kept", "before", "--wait"), "echo: before\n");
  const backup = await home.run(["hub", "backup", copy]);
  assertEquals(backup.code, 0, backup.stderr);
  assertMatch(backup.stdout, /^wrote \S+copy\.db \(\d+ bytes\), and checked it\n$/);
  await home.session("send", "kept", "after", "--wait");
  await home.run(["hub", "token", "create", "phone"]);

  const whileRunning = await home.run(["hub", "restore", copy]);
  const text = "claustrum: a hub is running: stop it and its agents with claustrum hub stop --sessions\n";
  assertEquals([whileRunning.code, whileRunning.stderr], [1, text]);
  await home.run(["hub", "stop"]);
  const withAgents = await home.run(["hub", "restore", copy]);
  const advice =
    "claustrum: an agent still runs: end them first with claustrum hub start and claustrum hub stop --sessions\n";
  assertEquals([withAgents.code, withAgents.stderr], [1, advice]);
  await home.run(["hub", "start"]);
  await home.run(["hub", "stop", "--sessions"]);

  const { code, stdout, stderr } = await home.run(["hub", "restore", copy]);
  assertEquals([code, stderr], [0, ""]);
  const state = `${home.path}/.local/state/claustrum`;
  const [, former = ""] = /^the former database is (\S+)$/m.exec(stdout) ?? [];
  assertMatch(former.slice(state.length), /^\/hub\.db\.before-restore-\d{8}T\d{6}Z$/);
  assertEquals((await Deno.stat(former)).mode! & 0o777, 0o600);
  assertStringIncludes(stdout, "restored 1 session from");
  assertStringIncludes(await home.session("events", "kept"), "echo: before\n");
  assertEquals(JSON.parse((await home.run(["hub", "token", "list", "--json"])).stdout), []);
  // The conversation goes on: the agent CLI keeps it itself.
  assertEquals(await home.session("send", "kept", "recall", "--wait"), "before | after\n");
});

Deno.test("claustrum hub backup works when no hub runs, and replaces a file only with --force", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  await home.hub(["token", "create", "phone"]);
  await home.hub(["stop"]);
  const copy = `${home.path}/copy.db`;
  const { version, bytes } = JSON.parse((await home.hub(["backup", copy, "--json"])).stdout);
  assertEquals([version >= 2, bytes], [true, (await Deno.stat(copy)).size]);
  const again = await home.hub(["backup", copy]);
  assertEquals([again.code, again.stderr], [1, `claustrum: ${copy} exists already: --force replaces it\n`]);
  assertEquals((await home.hub(["backup", copy, "--force"])).code, 0);
  assertEquals([...Deno.readDirSync(home.state)].some(({ name }) => name.includes("-wal")), false);
  const restored = await home.hub(["restore", copy]);
  assertStringIncludes(restored.stdout, "browsers have to sign in again\nthese API tokens count: phone\n");
});

Deno.test("claustrum hub backup says that there is no database", async () => {
  await using home = await hubHome();
  const { code, stderr } = await home.hub(["backup", `${home.path}/copy.db`]);
  assertEquals([code, stderr], [1, `claustrum: ${home.state}/hub.db does not exist\n`]);
});

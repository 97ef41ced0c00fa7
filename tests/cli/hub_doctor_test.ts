import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DoctorCheck } from "../../lib/hub/operation_types.ts";
import { claustrum } from "../helpers/command.ts";
import { type HubHome, hubHome } from "../helpers/hub_home.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { tempDir } from "../helpers/temp.ts";

/** Runs the doctor; returns its exit code and the checks by name. */
async function doctor({ hub }: Pick<HubHome, "hub">, ...args: string[]): Promise<[number, Map<string, DoctorCheck>]> {
  const { code, stdout } = await hub(["doctor", "--json", ...args]);
  const checks: DoctorCheck[] = JSON.parse(stdout);
  return [code, new Map(checks.map((check) => [check.name, check]))];
}

Deno.test("claustrum hub doctor asks a hub that runs, and finds no error where there is none", async () => {
  await using home = await sessionHome('listen = ""\n');
  await home.session("list");
  const { code, stdout } = await home.run(["hub", "doctor"]);
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /^ok {4}hub {14}\S+ with pid \d+ on \S+hub\.sock$/m);
  assertMatch(stdout, /^ok {4}agent sign-in {4}signed in \(api_key\)$/m);
});

Deno.test("claustrum hub doctor checks what it can when no hub runs, and starts none", async () => {
  await using home = await hubHome();
  const [code, checks] = await doctor(home);
  assertEquals(code, 1);
  assertEquals(checks.get("hub")?.status, "warning");
  assertEquals(checks.get("state directory")?.status, "ok");
  assertStringIncludes(checks.get("daemon")!.message, "none is running on");
  assertEquals(home.pid(), undefined);
});

Deno.test("claustrum hub doctor tells that the configuration is wrong", async () => {
  await using home = await hubHome();
  await Deno.writeTextFile(`${home.path}/hub.toml`, "sessions.max = 'x'\n");
  const [code, checks] = await doctor(home, "--config", `${home.path}/hub.toml`);
  assertEquals([code, [...checks.keys()]], [1, ["configuration"]]);
  assertStringIncludes(checks.get("configuration")!.message, "sessions.max must be a whole number");
});

Deno.test("claustrum hub doctor --check-database finds damage, and none in a database that is in use", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  assertEquals((await doctor(home, "--check-database"))[1].get("database check")?.message, "no damage");
  assertEquals((await doctor(home))[1].has("database check"), false);
  await home.hub(["stop"]);
  using file = await Deno.open(`${home.state}/hub.db`, { write: true });
  await file.seek(3 * 4096, Deno.SeekMode.Start);
  await file.write(new Uint8Array(4096).fill(7));
  const [code, checks] = await doctor(home, "--check-database");
  const { status, advice } = checks.get("database check")!;
  assertEquals([code, status, advice], [1, "error", "restore a backup: claustrum hub restore FILE"]);
});

Deno.test("claustrum doctor makes the checks of the hub, too, and is content where none runs yet", async () => {
  await using dir = await tempDir();
  const { code, stdout } = await claustrum(dir.path, ["doctor"], { env: { CLAUSTRUM_LISTEN: "" } });
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /^warn {2}hub +no hub is running: start one with claustrum hub start$/m);
  assertMatch(stdout, /^ok {4}hub state directory +\S+ does not exist yet/m);
  assertMatch(stdout, /^warn {2}hub agent +it and other programs are not checked, because no daemon runs/m);
});

Deno.test("claustrum doctor exits with 1 and says what to do when the agent is too old, or a root is missing", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  await home.hub(["stop"]);
  const agent = `${home.path}/agent`;
  await Deno.writeTextFile(agent, `#!/bin/sh\necho 2.1.144\n`, { mode: 0o755 });
  const env = { CLAUSTRUM_AGENT_BINARY: agent, CLAUSTRUM_LISTEN: "", CLAUSTRUM_PROJECTS_ROOT: `${home.path}/absent` };
  const { code, stdout } = await home.run(["doctor"], env);
  assertEquals(code, 1);
  assertMatch(stdout, /^fail {2}hub agent +\S+ is of version 2\.1\.144: update it: the hub needs 2\.1\.145 or newer$/m);
  assertMatch(stdout, /^fail {2}hub projects +\S+absent is not a directory: create it, or change projects\.root$/m);
});

import { assertEquals } from "@std/assert";
import { runningSessions } from "../../lib/claude_home/running_sessions.ts";
import { driveAgent, isKind } from "../helpers/driven_agent.ts";
import { initializeLine } from "../../lib/agent/requests.ts";
import { standInAgent } from "../helpers/stand_in_agent.ts";
import { tempDir } from "../helpers/temp.ts";

async function homeWith(files: Record<string, string>) {
  const dir = await tempDir();
  await Deno.mkdir(`${dir.path}/.claude/sessions`, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${dir.path}/.claude/sessions/${name}`, text);
  }
  return dir;
}

Deno.test("runningSessions() returns nothing when there is no list", async () => {
  await using dir = await tempDir();
  assertEquals(await runningSessions(dir.path, () => true), []);
});

Deno.test("runningSessions() asks about each process and returns those that are live", async () => {
  const all = { pid: 1, sessionId: "a", procStart: 123, cwd: "/c", kind: "interactive", entrypoint: "cli", more: [1] };
  await using dir = await homeWith({
    "1.json": JSON.stringify(all),
    "2.json": JSON.stringify({ sessionId: "b", pid: 2, procStart: "456" }),
    "3.json": JSON.stringify({ pid: 3, sessionId: "c" }),
  });
  const asked: unknown[] = [];
  const found = await runningSessions(dir.path, (pid, procStart) => {
    asked.push([pid, procStart]);
    return Promise.resolve(pid !== 2);
  });
  assertEquals(asked, [[1, "123"], [2, "456"], [3, undefined]]);
  assertEquals(found, [
    { pid: 1, sessionId: "a", procStart: "123", cwd: "/c", kind: "interactive", entrypoint: "cli" },
    { pid: 3, sessionId: "c" },
  ]);
});

Deno.test("runningSessions() passes over files that are not as expected", async () => {
  await using dir = await homeWith({
    "1.json": '{"pid":1,"sess',
    "2.json": "[]",
    "3.json": "null",
    "4.json": '{"pid":"4","sessionId":"d"}',
    "5.json": '{"pid":5}',
    "6.json": '{"pid":-6,"sessionId":"f"}',
    "7.json": "\xff",
    "8.json.tmp": '{"pid":8,"sessionId":"h"}',
    "9.abc.key": "key",
    "10.json": '{"pid":10,"sessionId":"j","cwd":7}',
  });
  await Deno.mkdir(`${dir.path}/.claude/sessions/11.json`);
  await Deno.symlink("nowhere", `${dir.path}/.claude/sessions/12.json`);
  await Deno.writeFile(`${dir.path}/.claude/sessions/13.json`, new Uint8Array([0xff]));
  assertEquals(await runningSessions(dir.path, () => true), [{ pid: 10, sessionId: "j" }]);
});

Deno.test("runningSessions() lists the stand-in from its start to its end", async () => {
  await using dir = await tempDir();
  const { program } = await standInAgent(dir.path);
  await using agent = driveAgent({ program, home: dir.path });
  await agent.write(initializeLine("r"));
  await agent.next("the reply", isKind("response"));
  const [found, ...others] = await runningSessions(dir.path, () => true);
  assertEquals([found!.pid, found!.sessionId, found!.cwd, found!.entrypoint], [
    agent.pid,
    agent.id,
    dir.path,
    "sdk-cli",
  ]);
  assertEquals(found!.procStart, Deno.readTextFileSync(`/proc/${agent.pid}/stat`).split(") ")[1]!.split(" ")[19]);
  assertEquals(others, []);
  await agent.close();
  await agent.end();
  assertEquals(await runningSessions(dir.path, () => true), []);
});

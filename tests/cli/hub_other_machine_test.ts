import { assertEquals, assertStringIncludes } from "@std/assert";
import { type SessionHome, sessionHome } from "../helpers/session_home.ts";
import { tempDir } from "../helpers/temp.ts";

/** What is left of a machine that is gone. */
interface Leftovers extends AsyncDisposable {
  readonly backup: string;
  /** The agent CLI's own conversations. */
  readonly conversations: string;
  /** Where its sessions worked. */
  readonly work: string;
  /** The events of the session that was at rest, as they are printed. */
  readonly events: string;
}

/** Has a machine work, makes a backup in the middle of it, and loses the machine. */
async function lostMachine(): Promise<Leftovers> {
  const dir = await tempDir();
  const [backup, conversations] = [`${dir.path}/hub.db`, `${dir.path}/projects`];
  await using old = await sessionHome('listen = ""\nname = "old"\n');
  for (const name of ["kept", "busy", "asking"]) await old.session("start", old.work, "--trust", "--name", name);
  await old.session("send", "kept", "one", "--wait");
  await old.session("send", "busy", "two", "--wait");
  await old.session("send", "busy", "stall");
  await old.session("send", "busy", "recall");
  await old.session("send", "asking", "tool Bash echo hi");
  await old.whenStatus("busy", "active");
  await old.whenStatus("asking", "waiting_permission");
  const { code, stderr } = await old.run(["hub", "backup", backup]);
  assertEquals([code, stderr], [0, ""]);
  await copy(`${old.path}/.claude/projects`, conversations);
  const events = await old.session("events", "kept");
  return { backup, conversations, work: old.work, events, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  assertEquals((await new Deno.Command("cp", { args: ["-R", from, to] }).output()).code, 0);
}

async function restore(home: SessionHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.run(["hub", "restore", ...args]);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

Deno.test("sessions go on from a backup on another machine, with other directories and another name", async () => {
  await using lost = await lostMachine();
  await using home = await sessionHome('listen = ""\nname = "new"\n');

  const first = await restore(home, lost.backup);
  assertStringIncludes(first, "restored 3 sessions from");
  const advice =
    `${lost.work} is not there: create it, or restore again with --moved OLD=NEW, where OLD is its path in the backup\n`;
  assertStringIncludes(first, advice);
  assertStringIncludes(first, "~/.claude/projects has no conversation of kept, busy: copy that directory");

  await copy(lost.conversations, `${home.path}/.claude/projects`);
  const second = await restore(home, lost.backup, "--moved", `${lost.work}=${home.work}`);
  assertStringIncludes(second, "3 sessions moved to another directory\n");
  assertEquals(second.includes("is not there") || second.includes("no conversation"), false, second);

  for (const name of ["kept", "busy", "asking"]) {
    const { host, path, permissions, exit } = await home.whenStatus(name, "stopped");
    assertEquals([host, path, permissions], ["new", home.work, []]);
    assertStringIncludes(exit.reason, "the agent was lost with the daemon");
  }
  assertStringIncludes(await home.session("events", "kept"), lost.events);
  const untrusted = await home.run(["session", "resume", "kept"]);
  assertStringIncludes(untrusted.stderr, `${home.work} is not trusted yet`);
  assertStringIncludes(untrusted.stderr, "Trust it with claustrum session resume --trust kept\n");
  await home.session("resume", "kept", "--trust");
  assertEquals(await home.session("send", "kept", "recall", "--wait"), "one\n");
  await home.session("resume", "busy");
  await home.whenStatus("busy", "idle");
  assertStringIncludes(await home.session("events", "busy"), "two | stall");
  const problems = (await home.run(["hub", "doctor"])).stdout.split("\n").filter((line) => line.startsWith("fail"));
  assertEquals(problems, []);
});

Deno.test("claustrum hub restore wants two directories for --moved", async () => {
  await using dir = await tempDir();
  await using home = await sessionHome();
  for (const moved of ["/home/me", "home=/home/ann", "/home/me=", "/a=/b=/c"]) {
    const { code, stderr } = await home.run(["hub", "restore", `${dir.path}/hub.db`, "--moved", moved]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `--moved takes OLD=NEW, such as /home/me=/home/ann, not "${moved}"`);
  }
});

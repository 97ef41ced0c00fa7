import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { plainEnvironment } from "../helpers/daemon.ts";
import { CLI } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { type Json, type SessionHome, sessionHome } from "../helpers/session_home.ts";
import { openShell } from "../helpers/shell_terminal.ts";
import { isAlive, soon, waitFor } from "../helpers/wait.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The result of operations that return nothing else. */
const DONE = { ok: true };

/** A home directory in which the session `work` is idle. */
async function withSession(config?: string): Promise<SessionHome> {
  const home = await sessionHome(config);
  await home.session("start", home.work, "--trust");
  return home;
}

/** Sends a prompt and waits for the answer; returns stdout. */
async function ask(home: SessionHome, prompt: string, name = "work"): Promise<string> {
  return await home.session("send", name, prompt, "--wait");
}

/** Sends a prompt whose turn asks for a permission; returns the id of the permission. */
async function askAndWait(home: SessionHome, prompt: string): Promise<string> {
  const { code } = await home.run(["session", "send", "work", prompt, "--wait"]);
  assertEquals(code, 4, prompt);
  return (await home.json("show", "work")).permissions[0];
}

/** The texts of an event's content. */
function texts({ payload }: SessionEvent): string[] {
  const content = (payload as Json).message?.content;
  return Array.isArray(content) ? content.map(({ text }) => text).filter((text) => text !== undefined) : [];
}

Deno.test("session start refuses a directory that is not trusted, and says how to trust it", async () => {
  await using home = await sessionHome();
  const { code, stdout, stderr } = await home.run(["session", "start", home.work]);
  assertEquals([code, stdout, stderr], [
    1,
    "",
    `claustrum: ${home.work} is not trusted yet: its hooks run in a session. ` +
    `Trust it with claustrum session start --trust ${home.work}\n`,
  ]);
  assertEquals(await home.json("list", "--all"), []);
  assertEquals(await home.session("start", "--trust", home.work), `started work in ${home.work}\n`);
  // The trust is recorded.
  const second = await home.json("start", home.work, "--name", "again", "--prompt", "hello");
  assertEquals([second.name, second.path, second.queue], ["again", home.work, []]);
  await home.whenStatus("again", "idle");
  assertEquals((await home.json("list")).map(({ name }: Json) => name), ["again", "work"]);
  assertEquals(await home.session("list", "--quiet"), "again\nwork\n");
  assertEquals((await home.json("list", "--quiet")).length, 2);
});

Deno.test("session start and session resume fail when the agent ends at once", async () => {
  await using home = await sessionHome();
  await Deno.remove(home.agent.program);
  await Deno.writeTextFile(home.agent.program, "#!/bin/sh\nexit 7\n", { mode: 0o755 });
  const reason = "claustrum: session work has no agent: the agent ended before it was ready: exit code 7\n";
  for (const args of [["start", home.work, "--trust"], ["resume", "work"]]) {
    const { code, stdout, stderr } = await home.run(["session", ...args]);
    assertEquals([code, stdout, stderr], [1, "", reason]);
    const json = await home.run(["session", "resume", "work", "--json"]);
    assertEquals([json.code, JSON.parse(json.stdout).status, json.stderr], [1, "error", reason]);
  }
});

Deno.test("session send --wait prints the answer and nothing else", async () => {
  await using home = await withSession();
  assertEquals(await ask(home, "hello"), "echo: hello\n");
  assertEquals(await ask(home, "007"), "echo: 007\n");
  assertEquals(await ask(home, "slow 3 20"), "1 2 3 \n");
  const piped = await home.run(["send", "work", "-", "--wait"], { stdin: "two\nlines\n" });
  assertEquals([piped.code, piped.stdout, piped.stderr], [0, "echo: two\nlines\n", ""]);
  const { prompt_id, ...result } = await home.json("send", "work", "hi", "--wait");
  assertEquals(result, { prompt_status: "sent", outcome: "answered", answer: "echo: hi" });
  assertMatch(prompt_id, UUID);
});

Deno.test("session send --wait fails when the answer is an error", async () => {
  await using home = await withSession();
  const { code, stdout, stderr } = await home.run(["session", "send", "work", "error", "--wait"]);
  assertEquals([code, stdout, stderr], [1, "", "claustrum: API Error: 400 bad thing\n"]);
  const crash = await home.run(["session", "send", "work", "crash 3", "--wait"]);
  assertEquals([crash.code, crash.stdout], [1, ""]);
  assertMatch(crash.stderr, /^claustrum: the session has stopped \(.*3.*\).*\n$/);
  // A prompt resumes it.
  assertEquals(await ask(home, "hello"), "echo: hello\n");
});

Deno.test("session send --wait says how to answer a permission, and the commands that it prints work", async () => {
  await using home = await withSession();
  const { code, stdout, stderr } = await home.run(["session", "send", "work", "tool Bash touch m1", "--wait"]);
  const { permissions: [id], status } = await home.json("show", "work");
  assertEquals([code, stdout, status], [4, "", "waiting_permission"]);
  assertEquals(
    stderr,
    `work asks for a permission: Bash: touch m1
  run it
  approve: claustrum session approve work ${id}
  approve commands that begin with "touch m1" for this session: claustrum session approve work ${id} --for-session
  deny: claustrum session deny work ${id}
`,
  );
  assertStringIncludes(await home.session("show", "work"), `approve: claustrum session approve work ${id}\n`);
  assertEquals(await home.session("approve", "work", id), "approved Bash: touch m1\n");
  await home.whenStatus("work", "idle");
  assertEquals(Deno.statSync(`${home.work}/m1`).isFile, true);
  const again = await home.run(["session", "approve", "work", id]);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "allow");
});

Deno.test("session deny tells the agent why", async () => {
  await using home = await withSession();
  const id = await askAndWait(home, "tool Bash touch m1");
  assertEquals(await home.session("deny", "work", id.slice(0, 8), "--message", "not now"), "denied Bash: touch m1\n");
  await home.whenStatus("work", "idle");
  assertStringIncludes(await home.session("events", "work"), "agent: denied: not now\n");
  await askAndWait(home, "tool Bash touch m2");
  assertEquals(await home.json("deny", "work", "--interrupt"), DONE);
  await home.whenStatus("work", "idle");
  assertStringIncludes(await home.session("events", "work"), "the turn was interrupted\n");
});

Deno.test("session approve --for-session adds a rule, which can be removed", async () => {
  await using home = await withSession();
  await askAndWait(home, "tool Bash touch m1");
  assertEquals(await home.json("approve", "work", "--for-session"), DONE);
  await home.whenStatus("work", "idle");
  assertEquals(await ask(home, "tool Bash touch m1"), "ran: \n");
  const [rule, ...more] = await home.json("rules", "work");
  assertEquals([rule.tool_name, rule.covers, more], ["Bash", 'commands that begin with "touch m1"', []]);
  assertStringIncludes(await home.session("rules", "work"), `${rule.id}  `);
  assertEquals(await home.json("rules", "work", "remove", rule.id.slice(0, 8)), DONE);
  assertEquals(await home.json("rules", "work"), []);
  await askAndWait(home, "tool Bash touch m1");
});

Deno.test("session answer answers the agent's questions", async () => {
  await using home = await withSession();
  const id = await askAndWait(home, "ask Which colour?");
  const approval = await home.run(["session", "approve", "work"]);
  assertEquals([approval.code, approval.stdout], [1, ""]);
  assertStringIncludes(approval.stderr, `claustrum session answer work ${id} 1=ANSWER`);
  const strange = await home.run(["session", "answer", "work", id, "Blue"]);
  assertEquals(strange.code, 2);
  assertEquals(await home.session("answer", "work", id, "1=Blue"), "answered\n");
  await home.whenStatus("work", "idle");
  const answer = 'agent: Your questions have been answered: "Which colour?"="Blue".';
  assertStringIncludes(await home.session("events", "work"), answer);
});

Deno.test("session queue shows, edits, moves and removes the prompts that wait", async () => {
  await using home = await withSession();
  assertEquals(await home.session("send", "work", "stall"), "sent\n");
  await home.whenStatus("work", "active");
  assertEquals(await home.session("send", "work", "one"), "queued at position 1\n");
  const two = await home.json("send", "work", "12345678e2");
  assertEquals([two.prompt_status, two.position], ["queued", 2]);
  await home.session("send", "work", "three");
  assertMatch(await home.session("queue", "work"), /^# +ID +AGE +PROMPT\n1 .* one\n2 .* 12345678e2\n3 .* three\n$/);
  assertEquals(await home.json("queue", "work", "edit", two.prompt_id, "second"), DONE);
  assertEquals(await home.session("queue", "work", "move", "3", "1"), "moved\n");
  assertEquals(await home.session("queue", "work", "remove", "2"), "removed\n");
  const queue = await home.json("queue", "work");
  assertEquals(queue.map(({ prompt }: Json) => prompt), ["three", "second"]);
  const none = await home.run(["session", "queue", "work", "remove", "9"]);
  assertEquals([none.code, none.stdout], [1, ""]);
  assertEquals(await home.session("interrupt", "work"), "interrupted\n");
  assertEquals(await ask(home, "recall"), "stall | [Request interrupted by user] | three | second\n");
});

Deno.test("session send --interrupt sends the prompt after those that wait", async () => {
  await using home = await withSession();
  await home.session("send", "work", "stall");
  await home.whenStatus("work", "active");
  await home.session("send", "work", "first");
  assertEquals(
    await home.session("send", "work", "recall", "--wait", "--interrupt"),
    "stall | [Request interrupted by user] | first\n",
  );
});

Deno.test("session stop, resume, kill, fork, rename and remove do what they say", async () => {
  await using home = await withSession();
  await ask(home, "hello");
  assertEquals(await home.session("stop", "work"), "stopped work\n");
  assertEquals([(await home.json("list")).length, (await home.json("list", "-a")).length], [0, 1]);
  assertEquals(await home.session("resume", "work"), "resumed work\n");
  assertEquals(await ask(home, "recall"), "hello\n");
  const fork = await home.json("fork", "work", "--name", "copy");
  assertEquals([fork.name, fork.path], ["copy", home.work]);
  assertEquals(await ask(home, "recall", "copy"), "hello | recall\n");
  const running = await home.run(["session", "remove", "copy"]);
  assertEquals([running.code, running.stderr], [1, 'claustrum: session "copy" is running: stop it first\n']);
  const killed = await home.json("kill", "copy");
  assertEquals([killed.name, killed.status], ["copy", "stopped"]);
  assertEquals(await home.session("rename", "copy", "idea"), "renamed to idea\n");
  assertEquals((await home.run(["session", "rename", "idea", "work"])).code, 1);
  assertEquals(await home.json("remove", "idea"), DONE);
  const gone = await home.run(["session", "show", "idea"]);
  assertEquals([gone.code, gone.stdout], [1, ""]);
  assertEquals((await home.json("list", "--all")).map(({ name }: Json) => name), ["work"]);
});

Deno.test("session policy shows and changes who answers permissions", async () => {
  await using home = await withSession();
  assertEquals(await home.session("policy", "work"), "ask\n");
  assertEquals(await home.session("policy", "work", "deny"), "deny\n");
  assertMatch(await ask(home, "tool Bash touch m1"), /^denied: /);
  const refused = await home.run(["session", "policy", "work", "allow", "--confirm", "work"]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "allow_bypass_permissions");
  assertEquals((await home.run(["session", "policy", "work", "never"])).code, 2);
  assertEquals((await home.json("policy", "work", "ask")).policy, "ask");
});

Deno.test("session search finds what was said", async () => {
  await using home = await withSession();
  await ask(home, "the quick brown fox");
  const found = await home.json("search", "brown");
  assertEquals(new Set(found.map(({ type }: Json) => type)).has("prompt"), true);
  assertEquals((await home.json("search", "brown", "--limit", "1")).length, 1);
  assertMatch(await home.session("search", "brown"), /^SESSION +EVENT +AGE +TYPE .*\nwork .*«brown»/);
  assertEquals(await home.json("search", "absent"), []);
});

Deno.test("session search --rank prints what matches best first", async () => {
  await using home = await withSession();
  await ask(home, "brown brown brown");
  await ask(home, `one brown fox among ${"many ".repeat(50)}others`);
  const texts = (await home.json("search", "brown", "--rank")).map(({ snippet }: Json) => snippet);
  assertMatch(texts[0], /«brown» «brown» «brown»/);
  assertMatch(texts.at(-1), /one «brown» fox/);
});

Deno.test("session events shows each prompt once, with its text, from wherever it begins", async () => {
  await using home = await withSession();
  await ask(home, "hello");
  await home.session("send", "work", "stall");
  await home.whenStatus("work", "active");
  await home.session("send", "work", "later");
  const { last_event } = await home.json("show", "work");
  await home.session("interrupt", "work");
  await ask(home, "last");
  const lines = (text: string) => text.split("\n").filter((line) => /^(you|queued|agent|error|note):/.test(line));
  const later = ["you: later", "agent: echo: later", "you: last", "agent: echo: last"];
  assertEquals(lines(await home.session("events", "work")), [
    "you: hello",
    "agent: echo: hello",
    "you: stall",
    "queued: later",
    "agent: one two three",
    "note: the answer was interrupted",
    "note: the turn was interrupted",
    ...later,
  ]);
  const rest = lines(await home.session("events", "work", "--after", String(last_event)));
  assertEquals(rest.slice(-4), later);
  const events: SessionEvent[] = JSON.parse(await home.session("events", "work", "--json"));
  assertEquals(events.map(({ seq }) => seq), events.map((_, i) => i + 1));
  assertEquals(events.flatMap(texts).filter((text) => text.startsWith("echo")), [
    "echo: hello",
    "echo: later",
    "echo: last",
  ]);
});

/** A command in the background. */
interface RunningCommand extends AsyncDisposable {
  /** What it has printed so far. */
  stdout(): string;
  /** Ends it by a signal, and returns its exit code. */
  end(signal: Deno.Signal): Promise<number>;
}

/** Starts claustrum in a home directory. */
function start(home: SessionHome, args: readonly string[]): RunningCommand {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--quiet", CLI, ...args],
    env: plainEnvironment(home.path),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let stdout = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) stdout += text;
  })();
  const end = async (signal: Deno.Signal) => {
    if (isAlive(child.pid)) child.kill(signal);
    await soon("the end of its output", reading);
    return (await child.status).code;
  };
  let isOver = false;
  void child.status.then(() => isOver = true);
  return {
    stdout: () => stdout,
    end,
    async [Symbol.asyncDispose]() {
      if (!isOver) await end("SIGKILL");
    },
  };
}

Deno.test("session events -f loses and doubles nothing when the hub is killed meanwhile", async () => {
  await using home = await withSession();
  await using json = start(home, ["session", "events", "work", "-f", "--json"]);
  await using text = start(home, ["session", "events", "work", "-f"]);
  await ask(home, "before");
  await waitFor("the first answer", () => text.stdout().includes("echo: before") && json.stdout().includes("before"));
  for (const prompt of ["slow 30 10", "burst 50 1000"]) {
    await home.session("send", "work", prompt);
    Deno.kill(home.hubPid(), "SIGKILL");
    await home.whenStatus("work", "idle"); // starts a hub
  }
  assertEquals(await ask(home, "after"), "echo: after\n");
  const { last_event } = await home.json("show", "work");
  const messages = () => json.stdout().split("\n").slice(0, -1).map((line) => JSON.parse(line));
  const ids = () => messages().flatMap(({ type, event }) => type === "event" ? [event.id] : []);
  await waitFor("the last event", () => ids().at(-1) === last_event);
  assertEquals(ids(), Array.from({ length: last_event }, (_, i) => i + 1));
  await waitFor("the last answer", () => text.stdout().includes("echo: after") && text.stdout().endsWith("started\n"));
  assertEquals(text.stdout(), await home.session("events", "work"));
  assertEquals([await json.end("SIGTERM"), await text.end("SIGTERM")], [143, 143]);
});

Deno.test("session send --wait goes on when the hub is killed and another one starts", async () => {
  await using home = await withSession();
  await using waiting = start(home, ["session", "send", "work", "slow 60 10", "--wait"]);
  await waitFor("the beginning of the answer", () => waiting.stdout().includes("1 2 "));
  Deno.kill(home.hubPid(), "SIGKILL");
  assertEquals((await home.run(["hub", "start", "--no-web"])).code, 0);
  const answer = Array.from({ length: 60 }, (_, i) => `${i + 1} `).join("");
  await waitFor("the whole answer", () => waiting.stdout().endsWith(`${answer}\n`));
});

Deno.test("commands of sessions exit with 3 when no hub runs and none is to be started", async () => {
  await using home = await sessionHome();
  const commands = [["list"], ["show", "work"], ["send", "work", "hi"], ["events", "work", "-f"], ["search", "x"]];
  for (const args of commands) {
    const { code, stdout, stderr } = await home.run(["session", ...args, "--no-start"]);
    const text = "claustrum: no hub is running: start one with claustrum hub start\n";
    assertEquals([code, stdout, stderr], [3, "", text], args.join(" "));
  }
  const status = await home.run(["hub", "status", "--json"]);
  assertEquals([status.code, JSON.parse(status.stdout).running], [3, false]);
});

Deno.test("attach and kill ask which one is meant if a session and a process have the same name", async () => {
  await using home = await withSession();
  await home.run(["run", "--detach", "--id", "work", "--", "sleep", "1000"]);
  for (const command of ["attach", "kill"]) {
    const { code, stdout, stderr } = await home.run([command, "work"]);
    assertEquals([code, stdout, stderr], [
      1,
      "",
      `claustrum: "work" is a session and a process: claustrum session ${command} work takes the session, ` +
      `claustrum ${command} --process work the process\n`,
    ]);
  }
  assertEquals((await home.run(["kill", "--process", "work", "--wait"])).code, 0);
  assertEquals((await home.json("show", "work")).status, "idle");
  const killed = await home.run(["kill", "work"]);
  assertEquals([killed.code, killed.stdout], [0, "killed work\n"]);
});

Deno.test("hub stop leaves agents running, and hub stop --sessions ends them", async () => {
  await using home = await withSession();
  const agents = async () => {
    const { stdout } = await home.run(["ps", "--json"]);
    return JSON.parse(stdout).filter(({ running }: Json) => running).map(({ pid }: Json) => pid);
  };
  const status = async () => JSON.parse((await home.run(["hub", "status", "--json"])).stdout);
  const up = await status();
  assertEquals([up.running, up.daemon.running, up.sessions, up.pid], [true, true, { idle: 1 }, home.hubPid()]);
  const [agent] = await agents();
  assertStringIncludes((await home.run(["ps"])).stdout, `  ${home.agent.program} --output-format stream-json`);
  await home.run(["hub", "stop"]);
  assertEquals(isAlive(agent), true);
  assertEquals(await ask(home, "hello"), "echo: hello\n");
  assertEquals(await agents(), [agent]);
  await home.run(["hub", "stop", "--sessions"]);
  assertEquals(await agents(), []);
  assertEquals((await home.json("show", "work")).status, "stopped");
  assertEquals(await ask(home, "recall"), "hello\n");
});

Deno.test({
  ...needing("session attach opens the session in a terminal", findProgram("tmux") !== undefined, "tmux"),
  async fn() {
    await using home = await withSession();
    await ask(home, "by a program");
    const noTerminal = await home.run(["session", "attach", "work"]);
    assertEquals([noTerminal.code, noTerminal.stderr], [
      1,
      "claustrum: attaching needs a terminal; over SSH, use ssh -t\n",
    ]);
    await using shell = await openShell({ home: home.path, columns: 120 });
    const claustrum = `${Deno.execPath()} run -A --quiet ${CLI}`;
    await shell.type(`${claustrum} session attach work; echo code $?`);
    await shell.shows(/❯/);
    assertEquals((await home.json("show", "work")).mode, "interactive");
    assertEquals(await home.session("send", "work", "recall"), "queued at position 1\n");
    await shell.type("by hand");
    await shell.shows(/echo: by hand/);
    await shell.press("C-b");
    await shell.press("d");
    await shell.shows(/code 0/);
    await waitFor(
      "the queued prompt",
      async () => (await home.session("events", "work")).includes("by a program | by hand"),
    );
    const { mode, status } = await home.whenStatus("work", "idle");
    assertEquals([mode, status], ["subprocess", "idle"]);
    const said = (await home.session("events", "work")).split("\n").filter((line) => /^(you|agent):/.test(line));
    assertEquals(said, [
      "you: by a program",
      "agent: echo: by a program",
      "you: by hand",
      "agent: echo: by hand",
      "you: recall",
      "agent: by a program | by hand",
    ]);
  },
});

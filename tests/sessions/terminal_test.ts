import { assert, assertEquals, assertRejects } from "@std/assert";
import { type LiveMessage, SessionError, type Sessions } from "../../lib/sessions/mod.ts";
import { leapingClock } from "../helpers/leaping_clock.ts";
import {
  agentPids,
  allEvents,
  answers,
  ask,
  assertAllStored,
  readPrompts,
  restartableWorld,
  saidTexts,
  sessionWorld,
  storedMessages,
  writtenMessages,
} from "../helpers/sessions.ts";
import { tempDir } from "../helpers/temp.ts";
import { openTerminal, type TestTerminal } from "../helpers/terminal.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** Where a session's terminal is. */
interface Place {
  readonly tmux_session: string;
  readonly tmux_socket: string;
}

/** A person's screen that shows the terminal of a session. */
async function view({ tmux_socket, tmux_session }: Place): Promise<TestTerminal> {
  const screen = await openTerminal(`TMUX= tmux -S ${tmux_socket} attach -t =${tmux_session}`);
  await shows(screen, "❯");
  return screen;
}

async function shows(screen: TestTerminal, text: string): Promise<void> {
  let shown = "";
  try {
    await waitFor(text, async () => (shown = await screen.screen()).includes(text));
  } catch (error) {
    throw new Error(`the screen shows:\n${shown}`, { cause: error });
  }
}

/** Types a line and waits for what follows. */
async function say(screen: TestTerminal, line: string, answer: string): Promise<void> {
  await screen.type("-l", line);
  await screen.type("Enter");
  await shows(screen, answer);
}

async function tmux(socket: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("tmux", { args: ["-S", socket, ...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Leaves the terminal as tmux's own keys do. */
async function detach({ tmux_socket, tmux_session }: Place): Promise<void> {
  await tmux(tmux_socket, "detach-client", "-s", tmux_session);
}

async function untilBack(sessions: Sessions, id: string): Promise<void> {
  await waitFor("the way back", () => {
    const { mode, status } = sessions.get(id);
    return mode === "subprocess" && status !== "starting";
  });
}

/** The texts of what people said in terminals, from the transcript. */
function typed(sessions: Sessions, id: string): unknown[] {
  const payloads = allEvents(sessions, id).filter(({ type }) => type === "user").map(({ payload }) => payload);
  return (payloads as { message: { content: unknown } }[]).map(({ message }) => message.content);
}

Deno.test("attach() opens a terminal in which a person goes on, and the session knows it afterwards", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const seen: LiveMessage[] = [];
  using _listening = sessions.listen((message) => void seen.push(message));
  const { id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  const place = await sessions.attach(id);
  assertEquals(place, { tmux_session: "claustrum-work", tmux_socket: `${world.home}/tmux.sock` });
  {
    await using screen = await view(place);
    await shows(screen, "echo: first");
    await shows(screen, "(default mode on)");
    await say(screen, "by hand", "echo: by hand");
    await detach(place);
    await untilBack(sessions, id);
  }
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id), ["echo: first", "first | by hand"]);
  assertEquals(typed(sessions, id), ["by hand"]);
  assertEquals(saidTexts(sessions, id), ["echo: first", "echo: by hand", "first | by hand"]);
  // Some follow the result.
  const written = await writtenMessages(world.agent);
  await waitFor("the last messages", () => storedMessages(sessions, id).length >= written.length);
  await assertAllStored(sessions, id, world.agent);
  const states = seen.flatMap((message) => message.type === "session" ? [message.session] : []);
  for (const { mode, tmux_session } of states) assertEquals(mode === "interactive", tmux_session !== undefined);
  assert(states.some(({ mode, status }) => mode === "interactive" && status === "active"));
});

Deno.test("prompts that are sent while a person is in the terminal are queued, and sent afterwards", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "first" });
  await sessions.whenIdle(id);
  const place = await sessions.attach(id);
  await using screen = await view(place);
  const { prompt_status } = await sessions.send(id, "recall");
  assertEquals([prompt_status, sessions.get(id).queue.length], ["queued", 1]);
  await say(screen, "by hand", "echo: by hand");
  await detach(place);
  await waitFor("the answer", () => answers(sessions, id).length === 2);
  assertEquals(answers(sessions, id)[1], "first | by hand");
  assertEquals(await readPrompts(world.agent), ["first", "recall"]);
});

Deno.test("a session goes on when the program in its terminal ends", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await using screen = await view(await sessions.attach(id));
  await say(screen, "only by hand", "echo: only by hand");
  await screen.type("-l", "/exit");
  await screen.type("Enter");
  await untilBack(sessions, id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id), ["only by hand"]);
  assertEquals([typed(sessions, id), sessions.get(id).tmux_session], [["only by hand"], undefined]);
});

Deno.test("a session that never had a prompt goes on after its terminal, in which nothing was said", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, claude_session_id } = await sessions.start({ path: world.work });
  const place = await sessions.attach(id);
  {
    await using _window = await view(place);
    await detach(place);
    await untilBack(sessions, id);
  }
  await ask(sessions, id, "hello");
  assertEquals([answers(sessions, id), sessions.get(id).claude_session_id], [["echo: hello"], claude_session_id]);
});

Deno.test("a session follows a person who clears the conversation in its terminal", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id, claude_session_id } = await sessions.start({ path: world.work, prompt: "before" });
  await sessions.whenIdle(id);
  const place = await sessions.attach(id);
  await using screen = await view(place);
  await say(screen, "old", "echo: old");
  await say(screen, "/clear", "(cleared)");
  await waitFor("the other conversation", () => sessions.get(id).claude_session_id !== claude_session_id);
  await say(screen, "new", "echo: new");
  await detach(place);
  await untilBack(sessions, id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id), ["echo: before", "new"]);
  assertEquals(typed(sessions, id), ["old", "new"]);
});

Deno.test("attach() is idempotent, also while the terminal is being opened, and several can look", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const [place, other] = await Promise.all([sessions.attach(id), sessions.attach(id)]);
  assertEquals([other, await sessions.attach(id)], [place, place]);
  await using first = await view(place);
  await using second = await view(place);
  await say(first, "seen", "echo: seen");
  await shows(second, "echo: seen");
  await second.close();
  await waitFor("one viewer", async () => await tmux(place.tmux_socket, "list-clients", "-F", "x") === "x");
  await say(first, "still", "echo: still");
  assertEquals(sessions.get(id).mode, "interactive");
  assertEquals(await tmux(place.tmux_socket, "list-sessions", "-F", "#{session_name}"), "claustrum-work");
});

Deno.test("attach() refuses a session in a turn, unless it may interrupt it", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work, prompt: "stall" });
  await waitFor("the turn", () => sessions.partial()[id] === "one two three ");
  const error = await assertRejects(() => sessions.attach(id), SessionError, "is in a turn");
  assertEquals(error.kind, "conflict");
  await using screen = await view(await sessions.attach(id, { interrupt: true }));
  await shows(screen, "[Request interrupted by user]");
});

Deno.test("attach() refuses a stopped session", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await sessions.stop(id);
  assertEquals((await assertRejects(() => sessions.attach(id), SessionError, "resume it")).kind, "conflict");
});

Deno.test("attach() says what is missing where there is no tmux, and the session goes on", async () => {
  await using programs = await tempDir();
  for (const name of ["sh", "ps", "cat", "kill"]) await Deno.symlink(`/bin/${name}`, `${programs.path}/${name}`);
  await using world = await sessionWorld({ env: { PATH: programs.path } });
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const error = await assertRejects(() => sessions.attach(id), SessionError, "a terminal needs tmux");
  assertEquals(error.kind, "unavailable");
  await ask(sessions, id, "hello");
  assertEquals(answers(sessions, id), ["echo: hello"]);
});

Deno.test("a session goes on when nobody has come to its terminal for a minute", async () => {
  await using world = await sessionWorld();
  const clock = leapingClock();
  await using sessions = world.openWith(clock);
  await waitFor("the daemon", () => sessions.isDaemonUp);
  const { id } = await sessions.start({ path: world.work });
  await sessions.attach(id);
  clock.leap(58_000);
  await sessions.send(id, "hello");
  assertEquals(sessions.get(id).mode, "interactive");
  clock.leap(2_000);
  await waitFor("the answer", () => answers(sessions, id).at(-1) === "echo: hello");
});

Deno.test("a terminal is found again by the next keeper, with what was said meanwhile", async () => {
  await using world = await sessionWorld();
  let id = "";
  let place: Place;
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work, prompt: "first" }));
    await sessions.whenIdle(id);
    place = await sessions.attach(id);
  }
  await using screen = await view(place);
  await say(screen, "unseen", "echo: unseen");
  {
    await using sessions = await world.open();
    assertEquals(sessions.get(id).tmux_session, place.tmux_session);
    assertEquals(await sessions.attach(id), place);
    await say(screen, "seen", "echo: seen");
  }
  await screen.type("-l", "/exit");
  await screen.type("Enter");
  await waitFor("the end", async () => await tmux(place.tmux_socket, "list-sessions") === "");
  await using sessions = await world.open();
  await untilBack(sessions, id);
  await ask(sessions, id, "recall");
  assertEquals(typed(sessions, id), ["unseen", "seen"]);
  assertEquals(answers(sessions, id), ["echo: first", "first | unseen | seen"]);
});

Deno.test("a terminal survives the death of the daemon", async () => {
  await using world = await restartableWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const place = await sessions.attach(id);
  await using screen = await view(place);
  await world.killDaemon();
  await say(screen, "meanwhile", "echo: meanwhile");
  await world.startDaemon();
  await waitFor("the daemon", () => sessions.isDaemonUp);
  assertEquals(sessions.get(id).mode, "interactive");
  await detach(place);
  await untilBack(sessions, id);
  await ask(sessions, id, "recall");
  assertEquals([answers(sessions, id), typed(sessions, id)], [["meanwhile"], ["meanwhile"]]);
});

Deno.test("detach() leaves the terminal although a person looks at it", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await using screen = await view(await sessions.attach(id));
  await say(screen, "by hand", "echo: by hand");
  const { mode, status } = await sessions.detach(id);
  assertEquals([mode, status], ["subprocess", "idle"]);
  assertEquals((await assertRejects(() => sessions.detach(id), SessionError)).kind, "conflict");
  assertEquals(typed(sessions, id), ["by hand"]);
});

for (const how of ["stop", "kill"] as const) {
  Deno.test(`${how}() ends a session in its terminal, and keeps what was said and the queue`, async () => {
    await using world = await sessionWorld();
    await using sessions = await world.open();
    const { id } = await sessions.start({ path: world.work });
    const place = await sessions.attach(id);
    await using screen = await view(place);
    await say(screen, "by hand", "echo: by hand");
    await sessions.send(id, "recall");
    const { status, mode, tmux_session, queue } = await sessions[how](id);
    assertEquals([status, mode, tmux_session, queue.length], ["stopped", "subprocess", undefined, 1]);
    assertEquals(typed(sessions, id), ["by hand"]);
    assertEquals(await tmux(place.tmux_socket, "list-sessions"), "");
    await sessions.resume(id);
    await waitFor("the queue", () => answers(sessions, id).at(-1) === "by hand");
  });
}

Deno.test("a terminal whose program ended but stays on the screen is closed", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const place = await sessions.attach(id);
  await using screen = await view(place);
  await tmux(place.tmux_socket, "set-option", "-w", "-t", "=claustrum-work:", "remain-on-exit", "on");
  await screen.type("-l", "/exit");
  await screen.type("Enter");
  await untilBack(sessions, id);
  assertEquals(sessions.get(id).status, "idle");
});

Deno.test("neither a directory nor a prefix of names is a command for tmux", async () => {
  await using world = await sessionWorld();
  const path = `${world.home}/#(touch pwned);`;
  await Deno.mkdir(path);
  await using sessions = await world.open({ tmuxPrefix: `=#(touch ${world.home}/pwned).:` });
  const { id } = await sessions.start({ path, trust: true });
  const place = await sessions.attach(id);
  await using screen = await view(place);
  await shows(screen, `in ${path} (`);
  assert(place.tmux_session.startsWith("__"), place.tmux_session);
  const shown = await tmux(place.tmux_socket, "list-sessions", "-F", "#{session_name}");
  assertEquals(shown, place.tmux_session);
  const names = await Array.fromAsync(Deno.readDir(world.home), ({ name }) => name);
  assertEquals(names.filter((name) => name.includes("pwned")), ["#(touch pwned);"]);
  assertEquals((await Array.fromAsync(Deno.readDir(path))).length, 0);
});

Deno.test("each session has a terminal of its own, whatever the names", async () => {
  await using world = await sessionWorld();
  const socket = `${world.home}/tmux.sock`;
  await tmux(socket, "-f", "/dev/null", "new-session", "-d", "-s", "claustrum-c", "sleep", "1000");
  await using sessions = await world.open();
  const opened = async (name: string) => {
    const { id } = await sessions.start({ path: world.work, name });
    return { id, name, ...await sessions.attach(id) };
  };
  const places = [await opened("a.b"), await opened("a_b"), await opened("c")];
  assertEquals(places.map((place) => place.tmux_session), ["claustrum-a_b", "claustrum-a_b-2", "claustrum-c-2"]);
  // A name that another session has had.
  await sessions.configure(places[2]!.id, { name: "d" });
  places.push(await opened("c"));
  assertEquals(places[3]!.tmux_session, "claustrum-c-3");
  for (const place of places) {
    await using screen = await view(place);
    await say(screen, `in ${place.name}`, `echo: in ${place.name}`);
  }
  for (const { id, name } of places) {
    await sessions.stop(id);
    assertEquals(typed(sessions, id), [`in ${name}`]);
  }
  assertEquals(await tmux(socket, "list-sessions", "-F", "#{session_name}"), "claustrum-c");
});

Deno.test("a terminal that was opened before a crash could store it is adopted", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const socket = `${world.home}/tmux.sock`;
  await tmux(socket, "-f", "/dev/null", "new-session", "-d", "-s", "other", "cat");
  const pane = await tmux(socket, "list-panes", "-a", "-F", "#{pane_id}");
  await tmux(socket, "set-option", "-t", "=other:", "@claustrum", `${id}/${pane}`);
  assertEquals((await sessions.attach(id)).tmux_session, "other");
  await sessions.kill(id);
  assertEquals(await tmux(socket, "list-sessions"), "");
});

Deno.test("the configuration of tmux cannot take a terminal away", async () => {
  await using config = await tempDir();
  const options = ["-g destroy-unattached on", "-g remain-on-exit on", "-g default-command false", "-g base-index 3"];
  const text = [...options, "-g pane-base-index 4", "-g default-shell /bin/false"].map((one) => `set-option ${one}\n`);
  await Deno.writeTextFile(`${config.path}/.tmux.conf`, text.join(""));
  await using world = await sessionWorld({ env: { HOME: config.path } });
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const place = await sessions.attach(id);
  assertEquals(await tmux(place.tmux_socket, "show-options", "-gv", "base-index"), "3");
  await using screen = await view(place);
  await say(screen, "by hand", "echo: by hand");
  await screen.type("-l", "/exit");
  await screen.type("Enter");
  await untilBack(sessions, id);
  assertEquals(typed(sessions, id), ["by hand"]);
});

Deno.test("a session looks at the pane of its agent only, and follows a new name of its terminal", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const place = await sessions.attach(id);
  await using screen = await view(place);
  await say(screen, "by hand", "echo: by hand");
  await tmux(place.tmux_socket, "rename-session", "-t", `=${place.tmux_session}`, "mine");
  await waitFor("the name", () => sessions.get(id).tmux_session === "mine");
  await tmux(place.tmux_socket, "split-window", "-b", "-d", "-t", "=mine:", "sleep", "1000");
  assertEquals((await sessions.detach(id)).mode, "subprocess");
  assertEquals(typed(sessions, id), ["by hand"]);
  // What is left of the former one is the person's.
  await tmux(place.tmux_socket, "rename-session", "-t", "=mine", place.tmux_session);
  assertEquals((await sessions.attach(id)).tmux_session, `${place.tmux_session}-2`);
});

Deno.test("a terminal is not closed because tmux cannot be reached", async () => {
  await using programs = await tempDir();
  const calls = `${programs.path}/calls`;
  const script =
    `#!/bin/sh\necho >> ${calls}\n[ -e ${programs.path}/fails ] && { echo strange >&2; exit 1; }\nexec /usr/bin/tmux "$@"\n`;
  await Deno.writeTextFile(`${programs.path}/tmux`, script, { mode: 0o755 });
  await using world = await sessionWorld({ env: { PATH: `${programs.path}:/usr/bin:/bin` } });
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  const place = await sessions.attach(id);
  await using screen = await view(place);
  await Deno.writeTextFile(`${programs.path}/fails`, "");
  await waitFor("the failure", () => world.errors.length > 0);
  await Deno.remove(`${programs.path}/fails`);
  assert(String(world.errors[0]).includes("strange"));
  world.errors.length = 0;
  await Deno.rename(place.tmux_socket, `${place.tmux_socket}.away`);
  const asked = async () => (await Deno.readTextFile(calls)).length;
  const before = await asked();
  // The answer to a look is taken before the next look.
  await waitFor("three looks in vain", async () => await asked() >= before + 4);
  assertEquals(sessions.get(id).tmux_session, place.tmux_session);
  await Deno.rename(`${place.tmux_socket}.away`, place.tmux_socket);
  await say(screen, "still", "echo: still");
  // Stopping comes to an end without tmux.
  await Deno.writeTextFile(`${programs.path}/fails`, "");
  const [pid] = await agentPids(world.home);
  assertEquals((await sessions.stop(id)).status, "stopped");
  await waitFor("the end", () => !isAlive(pid!));
  assert(world.errors.length > 0);
  world.errors.length = 0;
});

Deno.test("what is half typed is not sent when a terminal is left", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await using screen = await view(await sessions.attach(id));
  await say(screen, "whole", "echo: whole\n❯");
  await screen.type("-l", "half");
  await shows(screen, "❯ half");
  await sessions.detach(id);
  assertEquals(typed(sessions, id), ["whole"]);
});

Deno.test("a turn comes to its end when a terminal is left, also over a restart", async () => {
  await using world = await sessionWorld();
  let id = "";
  await using screens = new AsyncDisposableStack();
  {
    await using sessions = await world.open();
    ({ id } = await sessions.start({ path: world.work }));
    const screen = screens.use(await view(await sessions.attach(id)));
    await screen.type("-l", "slow");
    await screen.type("Enter");
    await waitFor("the turn", async () => {
      const [pid] = await agentPids(world.home);
      return (await Deno.readTextFile(`${world.home}/.claude/sessions/${pid}.json`)).includes("busy");
    });
    void sessions.detach(id).catch(() => {});
  }
  await using sessions = await world.open();
  await untilBack(sessions, id);
  assertEquals(saidTexts(sessions, id), ["echo: slow"]);
});

Deno.test("stop() during the way back from a terminal stops", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await using screen = await view(await sessions.attach(id));
  await say(screen, "by hand", "echo: by hand");
  const leaving = sessions.detach(id);
  assertEquals((await sessions.stop(id)).status, "stopped");
  assertEquals((await leaving).status, "stopped");
  assertEquals(await agentPids(world.home), []);
});

Deno.test("kill() ends the tools of the agent in a terminal", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const { id } = await sessions.start({ path: world.work });
  await using screen = await view(await sessions.attach(id));
  await say(screen, "tool", "echo: tool");
  const pid = Number(/pid (\d+)\./.exec(await screen.screen())![1]);
  assert(isAlive(pid));
  await sessions.kill(id);
  await waitFor("the end of the tool", () => !isAlive(pid));
});

Deno.test("a session keeps its conversation when a person goes to that of another one", async () => {
  await using world = await sessionWorld();
  await using sessions = await world.open();
  const other = await sessions.start({ path: world.work, prompt: "theirs" });
  await sessions.whenIdle(other.id);
  const { id, claude_session_id } = await sessions.start({ path: world.work, prompt: "ours" });
  await sessions.whenIdle(id);
  await using screen = await view(await sessions.attach(id));
  await say(screen, `/resume ${other.claude_session_id}`, "(cleared)");
  const notes = () => allEvents(sessions, id).filter(({ subtype }) => subtype === "conversation_taken");
  await waitFor("the note", () => notes().length > 0);
  await sessions.detach(id);
  assertEquals(notes().length, 1);
  assertEquals(sessions.get(id).claude_session_id, claude_session_id);
  await ask(sessions, id, "recall");
  assertEquals(answers(sessions, id), ["echo: ours", "ours"]);
});

/** A world whose tmux opens no terminal until it may. */
async function slowWorld() {
  const programs = await tempDir();
  const [asked, may] = [`${programs.path}/asked`, `${programs.path}/may`];
  const wait = `: >> ${asked}; while ! [ -e ${may} ]; do sleep 0.05; done`;
  const script = `#!/bin/sh\ncase " $* " in *" new-session "*) ${wait} ;; esac\nexec /usr/bin/tmux "$@"\n`;
  await Deno.writeTextFile(`${programs.path}/tmux`, script, { mode: 0o755 });
  const world = await sessionWorld({ env: { PATH: `${programs.path}:/usr/bin:/bin` } });
  return {
    world,
    untilAsked: () => waitFor("the terminal", async () => await Deno.stat(asked).then(() => true, () => false)),
    go: () => Deno.writeTextFile(may, ""),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await programs[Symbol.asyncDispose]();
    },
  };
}

Deno.test("configure() says that no agent can be asked while a terminal is being opened", async () => {
  await using slow = await slowWorld();
  await using sessions = await slow.world.open();
  const { id } = await sessions.start({ path: slow.world.work });
  const attaching = sessions.attach(id);
  await slow.untilAsked();
  const error = await assertRejects(() => sessions.configure(id, { permission_mode: "plan" }), SessionError);
  assertEquals(error.kind, "conflict");
  await slow.go();
  await attaching;
});

for (const how of ["stop", "kill"] as const) {
  Deno.test(`${how}() while a terminal is being opened leaves none`, async () => {
    await using slow = await slowWorld();
    await using sessions = await slow.world.open();
    const { id } = await sessions.start({ path: slow.world.work });
    const attaching = sessions.attach(id).catch(() => {});
    await slow.untilAsked();
    const ending = sessions[how](id);
    await slow.go();
    assertEquals((await ending).status, "stopped");
    await attaching;
    assertEquals([await tmux(`${slow.world.home}/tmux.sock`, "list-sessions"), await agentPids(slow.world.home)], [
      "",
      [],
    ]);
  });
}

Deno.test("a terminal that is being opened when the keeper ends is opened once", async () => {
  await using slow = await slowWorld();
  let id = "";
  {
    await using sessions = await slow.world.open();
    ({ id } = await sessions.start({ path: slow.world.work }));
    sessions.attach(id).catch(() => {});
    await slow.untilAsked();
    await slow.go();
  }
  await using sessions = await slow.world.open();
  await waitFor("the terminal", () => sessions.get(id).tmux_session !== undefined);
  await using screen = await view({ tmux_session: "claustrum-work", tmux_socket: `${slow.world.home}/tmux.sock` });
  await say(screen, "by hand", "echo: by hand");
  assertEquals(await tmux(`${slow.world.home}/tmux.sock`, "list-sessions", "-F", "#{session_name}"), "claustrum-work");
});

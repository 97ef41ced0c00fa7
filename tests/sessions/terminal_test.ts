import { assert, assertEquals, assertRejects } from "@std/assert";
import { type LiveMessage, SessionError } from "../../lib/sessions/mod.ts";
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
import { isAlive, waitFor } from "../helpers/wait.ts";
import { detach, type Place, say, shows, tmux, typed, untilBack, view } from "./terminal_fixture.ts";

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

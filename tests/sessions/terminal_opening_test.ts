import { assertEquals, assertRejects } from "@std/assert";
import { SessionError } from "../../lib/sessions/mod.ts";
import { agentPids, answers, ask, sessionWorld } from "../helpers/sessions.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";
import { say, shows, tmux, view } from "./terminal_fixture.ts";

/** A world whose tmux does nothing with a word among its arguments until it may: by default, it opens no terminal. */
async function slowWorld(word = "new-session") {
  const programs = await tempDir();
  const [asked, may] = [`${programs.path}/asked`, `${programs.path}/may`];
  const wait = `: >> ${asked}; while ! [ -e ${may} ]; do sleep 0.05; done`;
  const script = `#!/bin/sh\ncase " $* " in *" ${word} "*) ${wait} ;; esac\nexec /usr/bin/tmux "$@"\n`;
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

Deno.test("attach() refuses a turn that begins while it looks for tmux", async () => {
  await using slow = await slowWorld("-V");
  await using sessions = await slow.world.open();
  const { id } = await sessions.start({ path: slow.world.work });
  const attaching = assertRejects(() => sessions.attach(id), SessionError, "is in a turn");
  await slow.untilAsked();
  await sessions.send(id, "stall");
  await waitFor("the turn", () => sessions.partial()[id] === "one two three ");
  await slow.go();
  await attaching;
  assertEquals([sessions.get(id).status, sessions.get(id).mode], ["active", "subprocess"]);
});

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

import { assert, assertEquals } from "@std/assert";
import { agentPids, sessionWorld } from "../helpers/sessions.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { say, shows, tmux, typed, untilBack, view } from "./terminal_fixture.ts";

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

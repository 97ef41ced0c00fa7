import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { GIT_HOST } from "../helpers/git_server.ts";
import { hubSocket } from "../helpers/hub_socket.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import { type CloneWorld, cloneWorld } from "../projects/clone_fixture.ts";
import { answerLine, lines, promptLine } from "../projects/transcripts.ts";

/** A hub that clones from a git server on loopback. */
async function withClones() {
  await using starting = new AsyncDisposableStack();
  const world = starting.use(await cloneWorld());
  const hub = starting.use(
    await hubSocket(new MemorySessions(), { clones: (publish) => world.clones({ publish }) }),
  );
  const parts = starting.move();
  return {
    world,
    log: () => hub.log(),
    url: `https://me:s3cret@${GIT_HOST}:${world.server.port}/repo.git`,
    args: (...args: string[]) => ["project", "clone", ...args, "--state-dir", hub.state],
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Has the server answer nothing, until the result is disposed of. */
function holdBack({ server }: CloneWorld) {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  server.intercept = () => {
    asked.resolve();
    return promise;
  };
  return { asked: asked.promise, [Symbol.dispose]: () => resolve(new Response()) };
}

Deno.test("project clone clones, and prints the project", async () => {
  await using hub = await withClones();
  const home = hub.world.daemon.directory;
  const cloned = await claustrum(home, hub.args(hub.url));
  assertEquals(cloned, { code: 0, stdout: "cloned repo\n", stderr: "" });
  const { code, stdout } = await claustrum(home, hub.args(hub.url, "again", "--shallow", "--json"));
  const { name, status, url } = JSON.parse(stdout);
  assertEquals([code, name, status, url], [0, "again", "done", hub.url.replace("me:s3cret@", "")]);
  assertEquals(await hub.world.entries(), ["again", "repo"]);
  const taken = await claustrum(home, hub.args(hub.url));
  assertEquals([taken.code, taken.stdout], [1, ""]);
  assertStringIncludes(taken.stderr, "exists already");
  assertEquals((hub.log() + hub.world.daemon.log()).includes("s3cret"), false);
  const wrong = await claustrum(home, hub.args("ext::x"));
  assertEquals([wrong.code, wrong.stderr.includes("the URL is none of")], [1, true]);
});

Deno.test("project clone tells why git has failed", async () => {
  await using hub = await withClones();
  hub.world.server.intercept = () => new Response("gone", { status: 410 });
  const { code, stdout, stderr } = await claustrum(hub.world.daemon.directory, hub.args(hub.url));
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^claustrum: git could not clone it: .*fatal: .*410/);
  assertEquals(stderr.includes("s3cret"), false);
});

Deno.test("project clone cancels when it is interrupted, and leaves nothing", async () => {
  await using hub = await withClones();
  using held = holdBack(hub.world);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, ...hub.args(hub.url)],
    env: plainEnvironment(hub.world.daemon.directory),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await soon("the clone", held.asked);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await soon("its end", child.output());
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([code, text(stdout), text(stderr)], [130, "", "claustrum: the clone was cancelled\n"]);
  assertEquals([await hub.world.entries(), await hub.world.processes()], [[], []]);
});

Deno.test(
  needing("project clone shows how far it is in a terminal", findProgram("tmux") !== undefined, "tmux"),
  async () => {
    await using hub = await withClones();
    using held = holdBack(hub.world);
    const env = Object.entries(plainEnvironment(hub.world.daemon.directory)).map(([name, value]) =>
      `${name}='${value}'`
    );
    const words = [Deno.execPath(), "run", "-A", "--quiet", CLI, ...hub.args(hub.url)].map((word) => `'${word}'`);
    await using terminal = await openTerminal(
      `trap : INT; env -i TERM=screen ${env.join(" ")} ${words.join(" ")}; sleep 60`,
    );
    await soon("the clone", held.asked);
    await waitFor("the progress", async () => /^repo {2}\w+.* {2}\d+(\.\d)? k?B$/m.test(await terminal.screen()));
    await terminal.type("C-c");
    await waitFor("the end", async () => (await terminal.screen()).includes("the clone was cancelled"));
  },
);

Deno.test("project history and usage show conversations that this hub never had, which can be resumed and forked", async () => {
  await using home = await sessionHome();
  const root = `${home.path}/projects`;
  await Deno.mkdir(`${root}/app`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.config/claustrum/hub.toml`, `projects.root = "${root}"\n`, { append: true });
  const id = "0b7a5c1e-0000-4000-8000-00000000000a";
  const directory = `${home.path}/.claude/projects/${`${root}/app`.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  await Deno.mkdir(directory, { recursive: true });
  const transcript = lines(
    promptLine("fix the login page", { session: id }),
    answerLine("a", { input: 3, output: 1_234_567 }, { session: id, text: "It is fixed." }),
  );
  await Deno.writeTextFile(`${directory}/${id}.jsonl`, transcript);
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await home.run(args);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    return stdout;
  };
  assertMatch(
    await run("project", "history", "app"),
    /^ID +AGE +TURNS +TITLE\n0b7a5c1e-\S+ +\d+d +1 +fix the login page\n$/,
  );
  assertEquals(await run("project", "history", "app", id), "> fix the login page\n\nIt is fixed.\n");
  const found = JSON.parse(await run("project", "history", "app", "--json"));
  assertEquals(found.map(({ id, session }: { id: string; session?: string }) => [id, session]), [[id, undefined]]);

  const byName = await run("usage", "app");
  assertMatch(byName, /claude-sonnet-4-5-20250929 +3 +1,234,567 +0 +0 +\$18\.52/);
  assertEquals(await run("usage", `${root}/app`), byName);
  assertEquals(await run("usage", `${directory}/${id}.jsonl`), byName);
  assertEquals(JSON.parse(await run("usage", "app", "--json")).tokens.output, 1_234_567);
  const none = await home.run(["usage", "nothing-like-that"]);
  assertEquals([none.code, none.stderr.includes("nothing-like-that")], [1, true]);
  const missing = await home.run(["usage", "./missing"]);
  assertEquals([missing.code, missing.stderr], [1, "claustrum: cannot read ./missing: no such file or directory\n"]);

  // The same conversation goes on, and a copy of it.
  const started = await home.json("start", `${root}/app`, "--trust", "--name", "resumed", "--resume", id);
  assertEquals(started.claude_session_id, id);
  await home.session("send", "resumed", "hello", "--wait");
  const forked = await home.json("start", `${root}/app`, "--name", "forked", "--resume", id, "--fork");
  await home.session("send", "forked", "hello", "--wait");
  assertEquals(forked.claude_session_id === id, false);
  const after = JSON.parse(await run("project", "history", "app", "--json"));
  const sessions = new Map(after.map(({ id, session }: { id: string; session?: string }) => [id, session]));
  assertEquals([sessions.get(id), sessions.get(forked.claude_session_id)], [started.id, forked.id]);
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { trust } from "../../lib/claude_home/trust.ts";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import { hubPaths } from "../../lib/hub/hub_paths.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { type SessionHome, sessionHome } from "../helpers/session_home.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const LINK = "https://claude.ai/code/session_01StandInSession?from=cli";

/** A home directory whose projects are `web`, which is trusted, and `new`. */
async function withProjects(config = ""): Promise<SessionHome> {
  const home = await sessionHome(`projects.root = "~"\n${config}`.replace('"~"', "PLACE"));
  const root = `${home.path}/projects`;
  const file = `${home.path}/.config/claustrum/hub.toml`;
  await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace("PLACE", JSON.stringify(root)));
  for (const name of ["web", "new"]) await Deno.mkdir(`${root}/${name}`, { recursive: true });
  await trust(home.path, `${root}/web`);
  return home;
}

/** Runs `claustrum remote …`; returns what it printed, with its exit code. */
async function remote(home: SessionHome, ...args: string[]) {
  const { code, stdout, stderr } = await home.run(["remote", ...args]);
  return { code, stdout, stderr };
}

Deno.test("claustrum remote starts, lists, stops, resumes and forgets an instance", async () => {
  await using home = await withProjects();
  assertEquals(await remote(home, "start", "web"), { code: 0, stdout: `started web\n${LINK}\n`, stderr: "" });
  assertEquals((await remote(home, "start", "web")).stdout, `already running: web\n${LINK}\n`);
  const listed = await remote(home, "list");
  assertMatch(listed.stdout, /^NAME +PROJECT +STATUS .*\nweb +web +running +standard, same-dir +default .*session_01/);
  const [{ pid }] = JSON.parse((await remote(home, "list", "--json")).stdout);
  assertEquals((await remote(home, "stop", "we")).stdout, "stopped web\n");
  assert(!isAlive(pid));
  assertEquals((await remote(home, "resume", "web", "--no-wait")).stdout, "started web\n");
  const early = await remote(home, "forget", "web");
  assertEquals([early.code, early.stderr], [1, "claustrum: web is running: stop it first\n"]);
  const shown = await home.run(["project", "show", "web"]);
  assertMatch(shown.stdout, /^remote control +web \((?:starting|running)\)$/m);
  await remote(home, "stop", "web");
  assertMatch((await remote(home, "list")).stdout, /^web +web +stopped .* -$/m);
  assertEquals((await remote(home, "forget", "web")).stdout, "forgotten\n");
  assertEquals((await remote(home, "list", "--quiet")).stdout, "");
});

Deno.test("claustrum remote start says why an instance is not started, or not ready", async () => {
  await using home = await withProjects("remote.grace_seconds = 1\n");
  const untrusted = await remote(home, "start", "new");
  assertEquals([untrusted.code, untrusted.stdout], [1, ""]);
  assertStringIncludes(untrusted.stderr, "new is not trusted");
  const wrong = await remote(home, "start", "web", "--mode", "other");
  assertEquals([wrong.code, wrong.stderr.split("\n")[0]], [
    2,
    'claustrum: --mode takes standard or pty, not "other"',
  ]);
  const silent = await remote(home, "start", "web", "--name", "silent");
  assertEquals(silent.code, 1);
  assertStringIncludes(silent.stderr, "silent: it runs, but has not said within 1 seconds that it is ready");
});

Deno.test("claustrum remote logs prints the log, masked, and goes on with --follow", async () => {
  await using home = await withProjects();
  await remote(home, "start", "web", "--name", "deaf");
  const { stdout } = await remote(home, "logs", "deaf");
  assertStringIncludes(stdout, "Created initial session session_***\n");
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "remote", "logs", "-f", "deaf"],
    env: plainEnvironment(home.path),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  let printed = "";
  const reading = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (printed += text) }),
  );
  await waitFor("the beginning", () => printed.includes("Starting poll loop"));
  const [{ pid }] = JSON.parse((await remote(home, "list", "--json")).stdout);
  Deno.kill(pid, "SIGINT");
  await waitFor("the next line", () => printed.endsWith("SIGINT is ignored\n"));
  assertEquals(printed.split("Starting poll loop").length, 2);
  child.kill("SIGTERM");
  await reading;
  await child.status;
});

Deno.test("claustrum remote qr draws the link in the terminal", async () => {
  await using home = await withProjects();
  await remote(home, "start", "web");
  const { stdout } = await remote(home, "qr", "web");
  assertMatch(stdout, /^(?:[█▀▄ ]{20,}\n)+https:\/\/claude\.ai\/code\/session_01StandInSession\?from=cli\n$/);
  assertMatch(JSON.parse((await remote(home, "qr", "web", "--json")).stdout).svg, /^<svg /);
});

Deno.test("a CLAUDE.md that changes under a running instance says that a restart is needed", async () => {
  await using home = await withProjects();
  const hint = async () => {
    const paths = hubPaths({ stateDir: `${home.path}/.local/state/claustrum` });
    await using client = await connectHub({
      socket: paths.socket,
      token: (await Deno.readTextFile(paths.token)).trim(),
    });
    const { sha256 } = await client.call("project.claude_md.get", { project_name: "web" });
    const written = { project_name: "web", content: `${sha256}\n`, base_sha256: sha256 };
    return (await client.call("project.claude_md.put", written)).restart_hint;
  };
  await remote(home, "list");
  assertEquals(await hint(), false);
  await remote(home, "start", "web");
  assertEquals(await hint(), true);
});

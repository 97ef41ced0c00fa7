import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fakeCli, sha256, zstd } from "./helpers/cli_blob.ts";
import { plainEnvironment, startDaemon } from "./helpers/daemon.ts";
import { head, rawServer, send } from "./helpers/raw_server.ts";
import { sessionWorld } from "./helpers/sessions.ts";
import { tempDir } from "./helpers/temp.ts";
import { soon } from "./helpers/wait.ts";

const ROOT = new URL("../", import.meta.url);

/** A use of an export, and the permissions that its documentation names. */
interface Use {
  /** What the README calls it, if it needs any permission. */
  readonly part?: string;
  /** The flags, all of which are needed. */
  readonly permissions: readonly string[];
  /** The program; it prints `done` at its end. Its names come from `modules`. */
  readonly script: string;
  /** Files whose exports the program uses. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Runs a program with nothing but these permissions. */
async function run(directory: string, { script, modules }: Use, permissions: readonly string[]) {
  const file = `${directory}/use.ts`;
  const imports = Object.entries(modules).map(([path, names]) =>
    `import { ${names} } from "${new URL(path, ROOT).href}";`
  );
  await Deno.writeTextFile(file, `${imports.join("\n")}\n${script}\nconsole.log("done");\n`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `--config=${new URL("deno.json", ROOT).pathname}`, ...permissions, file],
    env: plainEnvironment(directory),
    clearEnv: true,
    stdin: "null",
  });
  const { code, stdout, stderr } = await soon(`the program with ${permissions.join(" ")}`, child.output());
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Shows that a use needs the permissions that the README names, no more and no less; each lacking one is named. */
async function checkUse(directory: string, use: Use, prepare: () => Promise<void> = () => Promise.resolve()) {
  if (use.part !== undefined) assertEquals(namesOf(use.permissions), await namedInReadme(use.part));
  await prepare();
  const { code, stdout, stderr } = await run(directory, use, use.permissions);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^done$/m);
  for (const lacking of use.permissions) {
    await prepare();
    const rest = use.permissions.filter((each) => each !== lacking);
    const refused = await run(directory, use, rest);
    assertEquals([refused.code, /^done$/m.test(refused.stdout)], [1, false], `without ${lacking}`);
    // `--allow-read=/tmp` is named without the paths.
    assertStringIncludes(refused.stderr, `${lacking.split("=")[0]} flag`, `without ${lacking}: ${refused.stderr}`);
  }
}

Deno.test("ReplaySupervisor works with read, run and env alone", async () => {
  await using dir = await tempDir();
  await checkUse(dir.path, {
    part: "ReplaySupervisor",
    permissions: ["--allow-read", "--allow-run", "--allow-env=PATH"],
    modules: { "lib/process/mod.ts": "ReplaySupervisor" },
    script: `
      await using supervisor = new ReplaySupervisor();
      supervisor.spawn({ id: "a", command: "echo", args: ["hi"] });
      let text = "";
      for await (const frame of supervisor.frames("a")) {
        text += frame.stream === "exit" ? "exit " + frame.exit.code : new TextDecoder().decode(frame.data);
      }
      if (text !== "hi\\nexit 0") throw new Error(text);
      const sleeper = supervisor.spawn({ id: "b", command: "sleep", args: ["1000"] });
      sleeper.signal("SIGTERM");
      await sleeper.exit;
      supervisor.spawn({ id: "c", command: "sleep", args: ["1000"], cwd: "/" });
    `,
  });
});

Deno.test("ReplaySupervisor takes any execute bit without the sys permission, and its own user's with it", async () => {
  await using dir = await tempDir();
  const program = `${dir.path}/program`;
  await Deno.writeTextFile(program, "#!/bin/sh\necho ran\n");
  await Deno.chmod(program, 0o700);
  const permissions = ["--allow-read", "--allow-run", "--allow-env=PATH"];
  const use = {
    permissions,
    modules: { "lib/process/mod.ts": "ReplaySupervisor" },
    script: `
      await using supervisor = new ReplaySupervisor({ path: "${dir.path}" });
      await supervisor.spawn({ id: "a", command: "program" }).exit;
    `,
  };
  for (const more of [[], ["--allow-sys=uid"], ["--allow-sys=uid,gid"]]) {
    assertEquals((await run(dir.path, use, [...permissions, ...more])).code, 0, String(more));
  }
});

Deno.test("ReplaySupervisor runs the one program that it is allowed to run", async () => {
  await using dir = await tempDir();
  const use = {
    permissions: ["--allow-read", "--allow-run=echo", "--allow-env=PATH"],
    modules: { "lib/process/mod.ts": "ReplaySupervisor" },
    script: `
      await using supervisor = new ReplaySupervisor();
      await supervisor.spawn({ id: "a", command: "echo" }).exit;
      for await (const frame of supervisor.frames("a")) if (frame.stream === "exit") console.log(frame.exit.code);
      try {
        supervisor.spawn({ id: "b", command: "true" });
      } catch (error) {
        console.log(error instanceof Deno.errors.NotCapable, error.message);
      }
    `,
  };
  const { code, stdout, stderr } = await run(dir.path, use, use.permissions);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^0\ntrue Requires run access to "\S+\/true", run again with the --allow-run flag\ndone\n$/);
});

/** The row of the README's table that has the permissions of an export. */
const ROWS: Readonly<Record<string, string>> = {
  serve: "`.`: `serve()`",
  connect: "`./client`",
  bridge: "`./client`",
  stop: "`./client`",
  ReplaySupervisor: "`./supervisor`",
  openSessions: "`./sessions`",
  install: "`./install`",
};

/** The permissions that the README names for a part of the library. */
async function namedInReadme(part: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(new URL("README.md", ROOT))).split("\n");
  const [, , names = ""] = lines.find((line) => line.startsWith(`| ${ROWS[part]} `))?.split("|") ?? [];
  return names.replaceAll(/\([^)]*\)/g, "").split(",").map((name) => name.trim()).sort();
}

/** The names of permissions among flags. */
function namesOf(flags: readonly string[]): string[] {
  return [...new Set(flags.map((flag) => /^--allow-([a-z]+)/.exec(flag)![1]!))].sort();
}

const CALLS = `
  const calls = [
    ["process.spawn", { id: "a", command: "echo" }],
    ["files.read", { path: "/etc/passwd" }],
    ["files.extract_tar", { archivePath: "/nonexistent/x.tgz", destDir: "/nonexistent/x" }],
    ["git.status", { path: "/" }],
  ];
  for (const [method, params] of calls) await client.call(method, params);
`;

Deno.test("serve() works with what its documentation names", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/run/rpc.sock`;
  await checkUse(dir.path, {
    part: "serve",
    permissions: [
      "--allow-read",
      `--allow-write=${dir.path}/run`,
      "--allow-run",
      "--allow-env",
      "--allow-sys",
      `--allow-net=unix:${socket}`,
    ],
    modules: { "mod.ts": "serve, connect" },
    script: `
      await using daemon = await serve({ socket: "${socket}", token: "secret" });
      await using client = await connect({ socket: daemon.socket });
      ${CALLS}
    `,
  });
});

Deno.test("connect(), bridge() and stop() work with what their documentation names", async () => {
  await using dir = await tempDir();
  await using daemon = await startDaemon();
  const { socket, directory } = daemon;
  const net = `--allow-net=unix:${socket}`;
  await checkUse(dir.path, {
    part: "connect",
    permissions: [`--allow-read=${directory}`, `--allow-write=${socket}`, net],
    modules: { "lib/client/mod.ts": "connect" },
    script: `
      await using client = await connect({ socket: "${socket}" });
      const child = await client.spawn({ command: "echo" });
      await child.exit;
    `,
  });
  await checkUse(dir.path, {
    part: "bridge",
    permissions: [`--allow-read=${socket}`, `--allow-write=${socket}`, net],
    modules: { "lib/client/mod.ts": "bridge" },
    script: `await bridge({ socket: "${socket}" });`,
  });
  await using other = await startDaemon();
  const stopping = {
    permissions: [
      `--allow-read=${other.directory}`,
      `--allow-write=${other.socket}`,
      `--allow-net=unix:${other.socket}`,
    ],
    modules: { "lib/client/mod.ts": "stop" },
    script: `console.log(await stop({ socket: "${other.socket}" }));`,
  };
  assertEquals(namesOf(stopping.permissions), await namedInReadme("stop"));
  for (const lacking of stopping.permissions) {
    const refused = await run(dir.path, stopping, stopping.permissions.filter((each) => each !== lacking));
    assertStringIncludes(refused.stderr, `${lacking.split("=")[0]} flag`);
  }
  assertEquals((await run(dir.path, stopping, stopping.permissions)).stdout, "stopped\ndone\n");
});

Deno.test("openSessions() works with what its documentation names", async () => {
  await using world = await sessionWorld();
  const { home, store, work, daemon: { socket }, agent } = world;
  const claude = [`${home}/.claude`, `${home}/.claude.json`];
  const files = [store, `${store}-wal`, `${store}-shm`, ...claude];
  await checkUse(home, {
    part: "openSessions",
    permissions: [
      "--allow-read",
      `--allow-write=${[socket, ...files].join(",")}`,
      "--allow-env=HOME",
      `--allow-net=unix:${socket}`,
    ],
    modules: { "lib/sessions/mod.ts": "openSessions" },
    script: `
      await using sessions = await openSessions(${
      JSON.stringify({ socket, store, agentBinary: agent.program, tmuxSocket: `${home}/tmux.sock` })
    });
      const { id } = await sessions.start({ path: "${work}", prompt: "tool Bash touch m1", trust: true });
      while (sessions.permissions().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      sessions.answer(sessions.permissions()[0].id, { decision: "allow" }, "the script");
      const { turns } = await sessions.whenIdle(id);
      if (turns !== 1) throw new Error(String(turns));
      await sessions.stop(id);
    `,
  });
});

Deno.test("install() works with what its documentation names", async () => {
  await using dir = await tempDir();
  const blob = await zstd(fakeCli("1.0"));
  await using server = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  });
  const cliDir = `${dir.path}/cli`;
  await Deno.mkdir(`${dir.path}/tmp`);
  const source = { url: server.url, sha256: await sha256(blob) };
  const use = {
    part: "install",
    permissions: [
      "--allow-read",
      `--allow-write=${cliDir},${dir.path}/tmp`,
      "--allow-run",
      "--allow-env",
      `--allow-net=${new URL(server.url).host}`,
    ],
    modules: { "lib/install/mod.ts": "install" },
    script: `
      const facts = await install(${
      JSON.stringify({ cliDir, cliVersion: "1.0", source, env: { TMPDIR: `${dir.path}/tmp` } })
    });
      if (facts.cliError !== undefined) throw new Error(facts.cliError);
    `,
  };
  await checkUse(dir.path, use, async () => {
    await Deno.remove(cliDir, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  });
});

Deno.test("the wire functions need no permission", async () => {
  await using dir = await tempDir();
  await checkUse(dir.path, {
    permissions: [],
    modules: { "lib/rpc/mod.ts": "LineFramer, methodNames, wireFrameCodec" },
    script: `
      const framer = new LineFramer(1000);
      if (typeof wireFrameCodec !== "function" || methodNames().length === 0) throw new Error("nothing there");
    `,
  });
});

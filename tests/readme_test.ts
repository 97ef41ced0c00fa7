import { assertEquals, assertStringIncludes } from "@std/assert";
import { claustrum } from "./helpers/command.ts";
import { startTcpProxy } from "./helpers/tcp_proxy.ts";
import { startDaemon } from "./helpers/daemon.ts";
import { codeBlocks, installProgram, userEnvironment } from "./helpers/document.ts";
import { findProgram, needing } from "./helpers/program.ts";
import { hasSsh, startSshServer } from "./helpers/ssh_server.ts";
import { sessionHome } from "./helpers/session_home.ts";
import { tempDir } from "./helpers/temp.ts";
import { openTerminal, type TestTerminal } from "./helpers/terminal.ts";
import { soon, waitFor } from "./helpers/wait.ts";

const ROOT = new URL("../", import.meta.url);

/** Replaces the parts of a text that differ between runs. */
function normalize(screen: string): string {
  return screen.replace(/ +# .*$/gm, "").replace(/^build +\d+ /m, "build PID ").replace(
    /\b\d+s +\d+ B +(yes|no) /,
    "AGE BYTES - ",
  )
    .replace(/ +/g, " ").trimEnd();
}

/** Runs a shell script as a user who has `claustrum` on the PATH, and returns the lines of its stdout. */
async function runScript(home: string, script: string): Promise<string[]> {
  const env = userEnvironment(home);
  const command = new Deno.Command("sh", { args: ["-ec", script], env, clearEnv: true, stdin: "null" });
  const { code, stdout, stderr } = await soon(script, command.output());
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

Deno.test("the upgrade that OPERATIONS.md shows keeps the session", async () => {
  const script = (await codeBlocks(".github/OPERATIONS.md", "sh")).find((block) => block.includes("--handover")) ?? "";
  assertEquals(script.trim().split("\n").length, 3);
  await using home = await tempDir();
  await installProgram(home.path);
  try {
    const said = await runScript(home.path, script);
    assertEquals([said[0], said.at(-1)], ["agent", "hello"]);
  } finally {
    await runScript(home.path, "claustrum stop --all");
  }
});

/** The prompts of the shells in the stories. */
const [LAPTOP, BOX] = ["laptop$ ", "box$ "];
/** What SSH prints when its connection ends. */
const CUT = "closed by remote host";

/** A story on a terminal. */
interface Story {
  /** What the README shows. */
  readonly text: string;
  /** The prompt of the shell. */
  readonly prompt: string;
  /** What happens while a command runs, by a text in its output. */
  readonly meanwhile: Readonly<Record<string, (firstOutput: string) => Promise<void>>>;
  /** What is waited for between two commands. */
  readonly settled?: () => Promise<unknown>;
}

/** Types the commands of a story, each after the previous one has ended. */
async function playStory({ text, prompt, meanwhile, settled }: Story, terminal: TestTerminal): Promise<void> {
  const prompts = async () => (await terminal.screen()).split("\n").filter((row) => row.startsWith(prompt.trimEnd()));
  await waitFor("the prompt", async () => (await prompts()).length === 1, 20_000);
  const [, ...steps] = text.split(new RegExp(`^${RegExp.escape(prompt)}`, "m"));
  for (const [i, step] of steps.entries()) {
    const [command = "", firstOutput = ""] = step.split("\n");
    await terminal.type("-l", command);
    await terminal.type("Enter");
    for (const [output, act] of Object.entries(meanwhile)) if (step.includes(output)) await act(firstOutput);
    await waitFor(`the end of ${command}`, async () => (await prompts()).length === i + 2, 30_000);
    await settled?.();
  }
}

/** What a terminal shows, from the first prompt to the last. */
async function shownStory(terminal: TestTerminal, prompt: string): Promise<string> {
  return (await terminal.screen()).split(new RegExp(`^${RegExp.escape(prompt.trimEnd())}\\s*$`, "m"))[0] ?? "";
}

/** A terminal whose shell has a prompt and the programs of a home directory. */
async function storyTerminal(home: string, prompt: string): Promise<TestTerminal> {
  const variables = Object.entries(userEnvironment(home)).map(([name, value]) => `export ${name}='${value}'\n`).join(
    "",
  );
  await Deno.writeTextFile(`${home}/rc`, `${variables}PS1='${prompt}'\ncd\n`);
  return await openTerminal(`bash --noprofile --rcfile ${home}/rc -i`, { columns: 150, lines: 40 });
}

Deno.test({
  ...needing(
    "the README's story is what a terminal shows when the SSH connection is cut",
    hasSsh() && findProgram("tmux") !== undefined,
    "openssh-server and tmux",
  ),
  async fn() {
    const [story = ""] = await codeBlocks("README.md", "console");
    assertStringIncludes(story, CUT);
    await using home = await tempDir();
    await installProgram(home.path);
    await using server = await startSshServer(userEnvironment(home.path));
    await using proxy = startTcpProxy(server.port);
    await installSsh(home.path, server.client(), proxy.port);
    await using terminal = await storyTerminal(home.path, LAPTOP);
    const cut = async (firstOutput: string) => {
      await waitFor(firstOutput, async () => (await terminal.screen()).split("\n").includes(firstOutput), 20_000);
      proxy.cut();
    };
    try {
      await playStory({ text: story, prompt: LAPTOP, meanwhile: { [CUT]: cut } }, terminal);
      const shown = await shownStory(terminal, LAPTOP);
      assertEquals(normalize(shown.replace("to 127.0.0.1 closed", "to box closed")), normalize(story));
    } catch (error) {
      throw new Error(`on the screen:\n${await terminal.screen()}`, { cause: error });
    } finally {
      await claustrum(home.path, ["stop"]);
    }
  },
});

/** What the agent of the story does when it is told so. */
const STORY_PROMPTS = {
  "run the tests": `tool Bash {"command":"npm test"}`,
  "what did I ask for?": "recall",
};

Deno.test({
  ...needing("the README's story of an agent is what a terminal shows", findProgram("tmux") !== undefined, "tmux"),
  async fn() {
    const [, text = ""] = await codeBlocks("README.md", "console");
    const config = `agent.env = { STAND_IN_PROMPTS = '${JSON.stringify(STORY_PROMPTS)}' }\n`;
    await using home = await sessionHome(config);
    await installProgram(home.path);
    await Deno.writeTextFile(`${home.path}/bin/npm`, "#!/bin/sh\necho 12 passed\n", { mode: 0o755 });
    await Deno.mkdir(`${home.path}/web`);
    await using terminal = await storyTerminal(home.path, BOX);
    const shows = (what: string) => waitFor(what, async () => (await terminal.screen()).includes(what), 20_000);
    const typeAndDetach = async () => {
      await shows("❯");
      await terminal.type("-l", "what did I ask for?");
      await terminal.type("Enter");
      await shows("?\nrun the tests");
      await terminal.type("C-b", "d");
    };
    const settled = () =>
      waitFor("the session to be at rest", async () => {
        const { status } = await home.json("show", "web");
        return status === "idle" || status === "waiting_permission";
      });
    const same = (screen: string) =>
      screen.replaceAll(home.path, "/home/me").replace(/ +# .*$/gm, "").replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "UUID")
        .replace(/\d+\.\d s, /, "SECONDS, ").trimEnd();
    try {
      await playStory({ text, prompt: BOX, meanwhile: { "[detached": typeAndDetach }, settled }, terminal);
      assertEquals(same(await shownStory(terminal, BOX)), same(text));
    } catch (error) {
      throw new Error(`on the screen:\n${await terminal.screen()}`, { cause: error });
    }
  },
});

/** Installs an `ssh` in the `bin` of a home directory, which connects to the test server for any host. */
async function installSsh(home: string, [program, args]: [string, string[]], port: number): Promise<void> {
  const options = args.slice(0, -1).map((arg, i) => args[i - 1] === "-p" ? String(port) : arg);
  const real = findProgram(program);
  const script = `#!/bin/sh\nshift\nexec '${real}' ${options.join(" ")} ${args.at(-1)} "$@"\n`;
  await Deno.writeTextFile(`${home}/bin/ssh`, script, { mode: 0o755 });
}

/** How long a script may take, in milliseconds; the check of the types takes longest. */
const SCRIPT_MS = 240_000;

/** A program that prints messages in the `stream-json` format, like the agent CLI. */
const FAKE_AGENT = `#!/bin/sh
read -r line
printf '{"type":"assistant"}\\n{"type":"res'
printf 'ult","result":"hi"}\\n'
cat >/dev/null
`;

Deno.test("the README's script and the clients of PROTOCOL.md in TypeScript and Node.js run as they are", async () => {
  await using home = await tempDir();
  await Deno.writeTextFile(`${home.path}/claude`, FAKE_AGENT, { mode: 0o755 });
  await using daemon = await startDaemon({ env: { PATH: `${home.path}:/usr/bin:/bin` } });
  const scripts = [
    ...await codeBlocks("README.md", "ts"),
    ...await codeBlocks("lib/rpc/PROTOCOL.md", "ts ignore"),
    ...await codeBlocks("lib/rpc/PROTOCOL.md", "js ignore"),
  ];
  assertEquals(scripts.length, 3);
  const files = scripts.map((_, i) => `${home.path}/script${i}.${i === 2 ? "cjs" : "ts"}`);
  for (const [i, script] of scripts.entries()) {
    await Deno.writeTextFile(files[i]!, script);
    const lines = script.trim().split("\n").length;
    assertEquals(lines >= 5 && lines <= 15, true, `${lines} lines`);
  }
  const run = async (program: string, args: readonly string[]) => {
    const command = new Deno.Command(program, { args: [...args], stdin: "null" });
    const { code, stdout, stderr } = await soon(args.join(" "), command.output(), SCRIPT_MS);
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  // The configuration of the project resolves the name of the package as for users.
  const options = ["--quiet", `--config=${new URL("deno.json", ROOT).pathname}`];
  const [first = "", second = "", third = ""] = files;
  // The types of the library are checked once for both scripts.
  await run(Deno.execPath(), ["check", ...options, first, second]);
  const said = [
    await run(Deno.execPath(), ["run", "-A", ...options, first, daemon.socket]),
    await run(Deno.execPath(), ["run", "-A", ...options, second, daemon.socket]),
    await run("node", [third, daemon.socket]),
  ];
  assertStringIncludes(said[0]!, "exit");
  assertEquals(said.slice(1), ['{"type":"result","result":"hi"} undefined\n', "hello\n"]);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { CLI, plainEnvironment, startDaemon } from "./helpers/daemon.ts";
import { tempDir } from "./helpers/temp.ts";
import { soon, waitFor } from "./helpers/wait.ts";

const ROOT = new URL("../", import.meta.url);
const COLUMNS = 100;

/** The blocks of a language in the README. */
async function blocks(language: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("README.md", ROOT));
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block!);
}

/** What differs from one run to the next. */
function normalize(screen: string): string {
  return screen.replace(/ +# .*$/gm, "").replace(/^job +\d+ /m, "job PID ").replace(
    /\b\d+s +\d+ B +(yes|no) /,
    "AGE BYTES - ",
  )
    .replace(/\(pid \d+\)/, "(pid PID)").replace(/ +/g, " ").trimEnd();
}

/** Puts `claustrum` into `bin` below a directory. */
async function installProgram(home: string): Promise<void> {
  await Deno.mkdir(`${home}/bin`);
  const program = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${CLI}' "$@"\n`;
  await Deno.writeTextFile(`${home}/bin/claustrum`, program, { mode: 0o755 });
}

Deno.test("the README's upgrade keeps the session", async () => {
  const script = (await blocks("sh")).find((block) => block.includes("--handover")) ?? "";
  assertEquals(script.trim().split("\n").length, 3);
  await using home = await tempDir();
  await installProgram(home.path);
  const env = { ...plainEnvironment(home.path), PATH: `${home.path}/bin:/usr/local/bin:/usr/bin:/bin` };
  const run = async (script: string) => {
    const command = new Deno.Command("sh", { args: ["-ec", script], env, clearEnv: true, stdin: "null" });
    const { code, stdout, stderr } = await soon(script, command.output());
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trimEnd().split("\n");
  };
  try {
    const said = await run(script);
    assertEquals([said[0], said.at(-1)], ["agent", "hello"]);
  } finally {
    await run("claustrum stop --all");
  }
});

Deno.test("the README's story is what a terminal shows", async () => {
  const [story = ""] = await blocks("console");
  await using home = await tempDir();
  await installProgram(home.path);
  await Deno.writeTextFile(
    `${home.path}/rc`,
    `PS1='$ ' PATH=${home.path}/bin:$PATH HOME=${home.path} SHELL=/bin/true\n`,
  );
  const env = { ...plainEnvironment(home.path), PATH: `${home.path}/bin:/usr/local/bin:/usr/bin:/bin` };
  const tmux = async (...args: string[]) => {
    const command = new Deno.Command("tmux", {
      args: ["-S", `${home.path}/tmux`, "-f", "/dev/null", ...args],
      stdin: "null",
    });
    return new TextDecoder().decode((await command.output()).stdout);
  };
  const environment = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const screen = () => tmux("capture-pane", "-p", "-t", "story");
  const prompts = (text: string) => text.split("\n").filter((line) => line.startsWith("$")).length;
  try {
    await tmux(
      "new-session",
      "-d",
      "-s",
      "story",
      "-x",
      String(COLUMNS),
      "-y",
      "50",
      ...environment,
      `bash --noprofile --rcfile ${home.path}/rc -i`,
    );
    await waitFor("the prompt", async () => prompts(await screen()) === 1, 20_000);
    const commands = story.split("\n").filter((line) => line.startsWith("$ "));
    for (const [i, line] of commands.entries()) {
      await tmux("send-keys", "-t", "story", "-l", line.slice(2));
      await tmux("send-keys", "-t", "story", "Enter");
      await waitFor(`the end of ${line}`, async () => prompts(await screen()) === i + 2, 20_000);
    }
    assertEquals(normalize((await screen()).replace(/\$ *\n*$/, "")), normalize(story));
  } catch (error) {
    throw new Error(`on the screen:\n${await screen()}`, { cause: error });
  } finally {
    await tmux("kill-server");
    await new Deno.Command(`${home.path}/bin/claustrum`, { args: ["stop"], env, stdin: "null" }).output();
  }
});

/** A program that speaks stream-json as the agent CLI does. */
const FAKE_AGENT = `#!/bin/sh
read -r line
printf '{"type":"assistant"}\\n{"type":"res'
printf 'ult","result":"hi"}\\n'
cat >/dev/null
`;

Deno.test("the README's three scripts run as they are", async () => {
  await using home = await tempDir();
  await Deno.writeTextFile(`${home.path}/claude`, FAKE_AGENT, { mode: 0o755 });
  await using daemon = await startDaemon({ env: { PATH: `${home.path}:/usr/bin:/bin` } });
  const scripts = [...await blocks("ts"), ...await blocks("js")];
  assertEquals(scripts.length, 3);
  const said: string[] = [];
  for (const [i, script] of scripts.entries()) {
    // Beside the project's own files, so that its name leads where it would lead its users.
    const file = `${home.path}/script${i}.${i === 2 ? "cjs" : "ts"}`;
    await Deno.writeTextFile(file, script);
    const deno = [
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      "--check",
      `--config=${new URL("deno.json", ROOT).pathname}`,
    ];
    const [program = "", ...options] = i === 2 ? ["node"] : deno;
    const child = new Deno.Command(program, {
      args: [...options, file, daemon.socket],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { code, stdout, stderr } = await soon(file, child.output());
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    said.push(new TextDecoder().decode(stdout));
    const lines = script.trim().split("\n").length;
    assertEquals(lines >= 5 && lines <= 15, true, `${lines} lines`);
  }
  assertStringIncludes(said[0]!, "exit");
  assertEquals(said.slice(1), ['{"type":"result","result":"hi"} undefined\n', "hello\n"]);
});

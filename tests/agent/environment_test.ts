import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { agentCommand, type AgentCommandOptions, withoutLauncher } from "../../lib/agent/environment.ts";

/** Really runs the command and returns what it wrote. */
async function run(
  options: Omit<AgentCommandOptions, "program" | "keep"> & { readonly program?: string; readonly keep?: string[] },
  env: Record<string, string> = {},
): Promise<string> {
  const { command, args } = agentCommand({ program: "/usr/bin/env", keep: [], ...options });
  const child = new Deno.Command(command, { args, env, clearEnv: true });
  const { code, stdout, stderr } = await child.output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  return new TextDecoder().decode(stdout);
}

/** The variables that the program gets. */
async function environment(
  env: Record<string, string>,
  options: { readonly keep?: string[]; readonly pathAppend?: string[] } = {},
): Promise<Record<string, string>> {
  const text = await run({ args: ["-0"], ...options }, env);
  const pairs = text.split("\0").slice(0, -1).map((
    pair,
  ) => [pair.split("=", 1)[0]!, pair.slice(pair.indexOf("=") + 1)]);
  // Shells set these by themselves.
  return Object.fromEntries(pairs.filter(([name]) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name!)));
}

Deno.test("agentCommand() removes each inherited variable of Claude and claustrum", async () => {
  const ours = { CLAUDECODE: "1", CLAUDE: "", CLAUDE_CODE_X: "a b", CLAUSTRUM_LOG_LEVEL: "debug", CLAUSTRUM: "x" };
  const others = { HOME: "/h", ANTHROPIC_API_KEY: "k", XCLAUDE: "1", claude: "2", name: "3", line: "4", keep: "5" };
  assertEquals(await environment({ ...ours, ...others }), others);
});

Deno.test("agentCommand() keeps the variables that were given on purpose", async () => {
  const env = { CLAUDE_A: "1", CLAUDE_AB: "2", CLAUDE_B: "3 4" };
  assertEquals(await environment(env, { keep: ["CLAUDE_A", "CLAUDE_B", "NOT_THERE"] }), {
    CLAUDE_A: "1",
    CLAUDE_B: "3 4",
  });
});

Deno.test("agentCommand() passes values on as they are, also those that look like variables", async () => {
  const tricky = "'\nexport CLAUDE_B='x'\nEND\n$(touch /tmp/never) `id` \\ \" *\n";
  const env = { A: tricky, CLAUDE_A: tricky, CLAUDE_B: "kept", CLAUDE_C: tricky };
  assertEquals(await environment(env, { keep: ["CLAUDE_A", "CLAUDE_B"] }), {
    A: tricky,
    CLAUDE_A: tricky,
    CLAUDE_B: "kept",
  });
});

Deno.test("agentCommand() takes an environment that is larger than a pipe", async () => {
  const env = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`V${i}`, "x".repeat(10_000)]));
  assertEquals(await environment({ ...env, CLAUDE_LAST: "1" }), env);
});

Deno.test("agentCommand() passes arguments on as they are", async () => {
  const unit = fc.string({ unit: "binary" }).filter((arg) => !arg.includes("\0"));
  for (const args of fc.sample(fc.array(unit, { minLength: 1 }), 20)) {
    const expected = args.map((arg) => `${new TextDecoder().decode(new TextEncoder().encode(arg))}\0`).join("");
    assertEquals(await run({ program: "/usr/bin/printf", args: ["%s\\0", ...args] }), expected);
  }
  const tricky = ["", " ", "$1", "`id`", "'", '"', "\\", "-n", "a\nb", "*"];
  assertEquals(
    await run({ program: "/usr/bin/printf", args: ["%s\\0", ...tricky] }),
    tricky.map((arg) => `${arg}\0`).join(""),
  );
});

Deno.test("agentCommand() becomes the program, so that signals reach it", async () => {
  const { command, args } = agentCommand({ program: "/bin/sh", args: ["-c", "echo $$; read x"], keep: [] });
  const child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped" }).spawn();
  const output = child.stdout.getReader();
  const { value } = await output.read();
  assertEquals(Number(new TextDecoder().decode(value)), child.pid);
  await output.cancel();
  child.kill("SIGTERM");
  assertEquals((await child.status).signal, "SIGTERM");
  await child.stdin.close().catch(() => {});
});

Deno.test("agentCommand() appends directories to the PATH where they are not on it", async () => {
  const path = async (env: Record<string, string>, pathAppend: string[]) =>
    (await environment(env, { pathAppend }))["PATH"];
  assertEquals(await path({ PATH: "/a:/b c" }, ["/b c", "/d e*", "", "/a", "/f", "/d e*"]), "/a:/b c:/d e*:/f");
  assertEquals(await path({ PATH: "" }, ["/x"]), "/x");
  assertEquals(await path({ PATH: "/a" }, []), "/a");
});

Deno.test("agentCommand() looks a bare name up on the PATH with what was appended", async () => {
  const options = { program: "printf", args: ["found"], pathAppend: ["/nowhere", "/usr/bin"] };
  assertEquals(await run(options, { PATH: "/nowhere-else" }), "found");
});

Deno.test("withoutLauncher() shows what agentCommand() starts, and any other command as it is", () => {
  const started = agentCommand({
    program: "/opt/claude",
    args: ["--verbose"],
    keep: ["HOME"],
    pathAppend: ["/a", "/b"],
  });
  assertEquals(withoutLauncher(started), ["/opt/claude", "--verbose"]);
  assertEquals(withoutLauncher({ command: "/bin/sh", args: ["-c", "true"] }), ["/bin/sh", "-c", "true"]);
});

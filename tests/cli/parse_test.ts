import { assertEquals } from "@std/assert";
import { defineCommand } from "../../lib/cli/command.ts";
import { parseInvocation } from "../../lib/cli/parse.ts";

const COMMAND = defineCommand({
  usage: "try ARGUMENT…",
  about: "Tries something.",
  flags: {
    text: { kind: "string", value: "TEXT", help: "a text" },
    force: { kind: "boolean", short: "f", help: "at once" },
  },
  exitCodes: "0 done",
  examples: [],
  arity: { least: 0, most: Infinity },
  run: () => Promise.resolve(0),
});

for (const argument of ["007", "12345678e2", "0x10", "1_000", "-", "1.50", "NaN"]) {
  Deno.test(`parseInvocation() leaves the argument ${argument} as it is`, async () => {
    const parsed = await parseInvocation("try", COMMAND, [argument, `--text=${argument}`, "--", argument]);
    assertEquals([parsed?.args, parsed?.flags["text"]], [[argument, argument], argument]);
  });
}

Deno.test("parseInvocation() takes a flag with or without its optional value", async () => {
  const parse = async (...args: string[]) => {
    const { flags, args: rest } = (await parseInvocation("run", run, args))!;
    return [flags["log"], ...rest];
  };
  const { default: run } = await import("../../lib/cli/commands/run.ts");
  assertEquals(await parse("--", "echo"), [undefined, "echo"]);
  assertEquals(await parse("--log", "--", "echo"), ["", "echo"]);
  assertEquals(await parse("--log", "echo", "--log"), ["", "echo", "--log"]);
  assertEquals(await parse("--log=f", "echo"), ["f", "echo"]);
  assertEquals(await parse("--log", "f", "--", "echo"), ["f", "echo"]);
  assertEquals(await parse("--log", "f", "--id", "i", "--", "echo"), ["f", "echo"]);
  assertEquals(await parse("--id", "log", "--log", "--", "echo"), ["", "echo"]);
  assertEquals(await parse("-de", "A=b", "--log", "make", "-j8"), ["", "make", "-j8"]);
  assertEquals(await parse("--", "echo", "--log"), [undefined, "echo", "--log"]);
});

Deno.test("parseInvocation() leaves an inner -- to the command that run and exec start", async () => {
  const { default: run } = await import("../../lib/cli/commands/run.ts");
  const { default: exec } = await import("../../lib/cli/commands/exec.ts");
  const git = ["git", "checkout", "--", "f"];
  for (const args of [git, ["--", ...git], ["-d", ...git], ["-e", "A=1", "--", ...git]]) {
    assertEquals((await parseInvocation("run", run, args))?.args, git, args.join(" "));
  }
  assertEquals((await parseInvocation("run", run, ["make", "--"]))?.args, ["make", "--"]);
  assertEquals((await parseInvocation("run", run, ["sh", "--", "--"]))?.args, ["sh", "--", "--"]);
  for (const args of [["web", "--", ...git], ["web", ...git]]) {
    const parsed = (await parseInvocation("exec", exec, args))?.args;
    assertEquals(parsed, args, args.join(" ")); // exec itself takes the first -- away
  }
  assertEquals((await parseInvocation("try", COMMAND, ["a", "--", "b"]))?.args, ["a", "b"]);
});

Deno.test("parseInvocation() takes the word true after a boolean flag for an argument, such as a command", async () => {
  for (const args of [["--force", "true"], ["-f", "false", "--text", "true"], ["true", "--force"]]) {
    const parsed = await parseInvocation("try", COMMAND, args);
    assertEquals(parsed?.flags["force"], true, args.join(" "));
    assertEquals(parsed?.args, [args.find((arg) => !arg.startsWith("-"))!]);
    assertEquals(parsed?.flags["text"], args.includes("--text") ? "true" : undefined);
  }
});

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  AgentArgumentError,
  agentArguments,
  checkClaudeArgs,
  splitWords,
  terminalArguments,
} from "../../lib/agent/arguments.ts";
import { ALLOWED_FLAGS, REFUSED_FLAGS } from "../../lib/agent/flags.ts";
import { shellQuote } from "../../lib/system/quote.ts";

Deno.test("splitWords() splits at white space", () => {
  assertEquals(splitWords("  a\tb\nc  "), ["a", "b", "c"]);
  assertEquals([splitWords(""), splitWords(" ")], [[], []]);
});

Deno.test("splitWords() keeps what stands in quotes together", () => {
  assertEquals(splitWords(`'a b'"c d"e ''`), ["a bc de", ""]);
  assertEquals(splitWords(`'a\\"' "a\\"b\\\\\\n" "it's"`), [`a\\"`, `a"b\\\\n`, "it's"]);
});

Deno.test("splitWords() takes the character after a backslash as it is", () => {
  assertEquals(splitWords(`a\\ b \\' \\\\ x\\\ny "c\\\nd" \\\n z`), ["a b", "'", "\\", "xy", "cd", "z"]);
});

Deno.test("splitWords() expands nothing", () => {
  assertEquals(splitWords("$HOME * `id` $(id) ~ a;b|c #d {1,2}"), [
    "$HOME",
    "*",
    "`id`",
    "$(id)",
    "~",
    "a;b|c",
    "#d",
    "{1,2}",
  ]);
});

Deno.test("splitWords() refuses a quote that is not closed", () => {
  for (const text of [`a 'b`, `a "b`, `a "b\\"`, "a \\", `'"`, `"'`]) {
    assertThrows(() => splitWords(text), AgentArgumentError);
  }
  assertThrows(() => splitWords("a 'b"), AgentArgumentError, "The quote ' at character 3 is not closed");
});

Deno.test("splitWords() undoes the quoting of a shell", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "binary" })), (words) => {
    assertEquals(splitWords(words.map(shellQuote).join(" ")), words);
  }));
});

Deno.test("splitWords() agrees with /bin/sh on quotes, backslashes and white space", async () => {
  // A newline would end the shell's command.
  const unit = fc.constantFrom("a", "é", "'", '"', "\\", " ", "\t");
  const texts = fc.sample(fc.string({ unit, maxLength: 12 }), 300).filter((text) => {
    try {
      splitWords(text);
      return true;
    } catch {
      return false;
    }
  });
  const script = texts.map((text) => `count ${text}\n`).join("");
  const sh = new Deno.Command("/bin/sh", {
    args: ["-c", `count() { printf '%s,' "$#"; for w; do printf '%s\\0' "$w"; done; printf '\\1'; }\n${script}`],
  });
  const { stdout } = await sh.output();
  const said = new TextDecoder().decode(stdout).split("\x01").slice(0, -1);
  assertEquals(said.length, texts.length);
  for (const [i, text] of texts.entries()) {
    const words = splitWords(text);
    assertEquals(said[i], `${words.length},${words.map((word) => `${word}\0`).join("")}`, JSON.stringify(text));
  }
});

Deno.test("checkClaudeArgs() puts each value into one word with its flag", () => {
  assertEquals(checkClaudeArgs(["--effort", "high", "--max-turns=3", "--strict-mcp-config"]), [
    "--effort=high",
    "--max-turns=3",
    "--strict-mcp-config",
  ]);
  assertEquals(checkClaudeArgs(["--append-system-prompt=a=b --x"]), ["--append-system-prompt=a=b --x"]);
});

Deno.test("checkClaudeArgs() repeats a flag that has several values", () => {
  assertEquals(checkClaudeArgs(["--add-dir", "a", "b", "--add-dir=c", "--betas", "d"]), [
    "--add-dir=a",
    "--add-dir=b",
    "--add-dir=c",
    "--betas=d",
  ]);
});

Deno.test("checkClaudeArgs() refuses words that are no flags", () => {
  for (const args of [["hello"], ["--effort", "high", "low"], ["--"], ["-"], ["--effort=high", "x"], [""]]) {
    assertThrows(() => checkClaudeArgs(args), AgentArgumentError, "is no flag");
  }
});

Deno.test("checkClaudeArgs() refuses a flag without its value, or with one too many", () => {
  for (const args of [["--effort"], ["--effort", "--max-turns=3"], ["--add-dir"], ["--add-dir", "--betas", "x"]]) {
    assertThrows(() => checkClaudeArgs(args), AgentArgumentError, "needs a value: write --");
  }
  assertThrows(() => checkClaudeArgs(["--strict-mcp-config=yes"]), AgentArgumentError, "takes no value");
});

Deno.test("checkClaudeArgs() refuses a NUL character anywhere", () => {
  for (const args of [["--effort=a\0"], ["--effort", "a\0"], ["--a\0"]]) {
    assertThrows(() => checkClaudeArgs(args), AgentArgumentError, "NUL");
  }
});

Deno.test("checkClaudeArgs() refuses each flag of the table with its reason", () => {
  for (const [flag, reason] of Object.entries(REFUSED_FLAGS)) {
    for (const arg of [flag, `${flag}=x`]) {
      const error = assertThrows(() => checkClaudeArgs([arg]), AgentArgumentError, `The flag ${flag} ${reason}`);
      assertEquals(error.flag, flag);
    }
  }
});

Deno.test("checkClaudeArgs() takes each flag of the table", () => {
  for (const [flag, { takes }] of Object.entries(ALLOWED_FLAGS)) {
    const args = takes === "none" ? [flag] : [`${flag}=${flag === "--agents" ? "{}" : "x"}`];
    assertEquals(checkClaudeArgs(args), args);
  }
});

Deno.test("checkClaudeArgs() refuses agents that would not be asked about", () => {
  const of = (agent: unknown) => [`--agents=${JSON.stringify({ helper: agent })}`];
  const fine = of({ description: "helps", prompt: "permissionMode, hooks", tools: ["Bash"], model: "m" });
  assertEquals(checkClaudeArgs(fine), fine);
  const refused = [
    { permissionMode: "bypassPermissions" },
    { hooks: {} },
    { mcpServers: [] },
    { more: [{ "permission-mode": "plan" }] },
    { Hooks: null },
  ];
  for (const agent of refused) {
    assertThrows(() => checkClaudeArgs(of(agent)), AgentArgumentError, "opens a way around permissions with");
  }
  for (const value of ["x", "[]", "null", "agents.json", ""]) {
    assertThrows(() => checkClaudeArgs([`--agents=${value}`]), AgentArgumentError, "needs a JSON object");
  }
});

const WIDE_RULES = [
  ...["Bash", "Write", "Edit", "MultiEdit", "NotebookEdit", "PowerShell", "bash"],
  ...["*", "B*", "Bash()", "Bash(*)", "Bash(:*)", "Edit(**)", "Edit(//**)", "Write(~/**)", "Bash( * )", "Bash("],
  ...["Read,Bash", "Read Bash", "Bash(git status),Edit", "Bash(x(y), Bash, z)", "Bash (x)", "Read\nBash"],
];
for (const flag of ["--allowedTools", "--allowed-tools"]) {
  Deno.test(`checkClaudeArgs() refuses ${flag} that leaves nothing to ask about`, () => {
    for (const rule of WIDE_RULES) {
      for (const args of [[`${flag}=${rule}`], [flag, rule], [flag, "Read", rule]]) {
        assertThrows(() => checkClaudeArgs(args), AgentArgumentError, "opens a way around permissions with", rule);
      }
    }
  });

  Deno.test(`checkClaudeArgs() takes ${flag} that names what is allowed`, () => {
    const rules = ["Read", "Bash(git status:*)", "Bash(ls *),Edit(src/**)", "mcp__server__*", "Bash(echo (x))"];
    assertEquals(checkClaudeArgs([flag, ...rules]), rules.map((rule) => `${flag}=${rule}`));
  });
}

Deno.test("checkClaudeArgs() takes servers of tools as a path and as JSON", () => {
  for (const value of ["servers.json", '{"mcpServers":{}}']) {
    assertEquals(checkClaudeArgs(["--mcp-config", value]), [`--mcp-config=${value}`]);
  }
});

Deno.test("checkClaudeArgs() names the nearest allowed flag", () => {
  const error = assertThrows(() => checkClaudeArgs(["--max-turn", "3"]), AgentArgumentError);
  assertStringIncludes(error.message, "the nearest allowed one is --max-turns");
  assertEquals([error.flag, error.nearest], ["--max-turn", "--max-turns"]);
  assertEquals(assertThrows(() => checkClaudeArgs(["--constructor"]), AgentArgumentError).nearest, undefined);
});

const STREAM_JSON = [
  ["--output-format", "stream-json", "--verbose", "--input-format", "stream-json"],
  ["--permission-prompt-tool", "stdio", "--include-partial-messages"],
].flat();

Deno.test("agentArguments() starts a new conversation under our id", () => {
  const extra = ["--effort=high"];
  assertEquals(agentArguments({ claudeSessionId: "s", permissionMode: "plan", model: "m", extra }), [
    ...STREAM_JSON,
    "--session-id=s",
    "--permission-mode=plan",
    "--model=m",
    "--effort=high",
  ]);
});

Deno.test("agentArguments() names an id of ours beside --resume only for a fork", () => {
  const resumed = agentArguments({ claudeSessionId: "s", resume: "s", extra: [] });
  assertEquals(resumed, [...STREAM_JSON, "--resume=s"]);
  const forked = agentArguments({ claudeSessionId: "n", resume: "s", fork: true, extra: [] });
  assertEquals(forked, [...STREAM_JSON, "--resume=s", "--fork-session", "--session-id=n"]);
});

Deno.test("terminalArguments() leaves out what is for programs", () => {
  assertEquals(terminalArguments({ claudeSessionId: "s", resume: "s", permissionMode: "default", extra: [] }), [
    "--resume=s",
    "--permission-mode=default",
  ]);
});

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/version.ts";
import { claustrum } from "../helpers/command.ts";

const HOME = "/nonexistent";

Deno.test("claustrum without arguments and without a terminal prints the classic error", async () => {
  const { code, stdout, stderr } = await claustrum(HOME, []);
  const text = "claustrum: one of --version/--install/--serve/--bridge/--stop is required\n";
  assertEquals([code, stdout, stderr], [2, "", text]);
});

Deno.test("an unknown classic flag prints its name and the usage", async () => {
  const { code, stdout, stderr } = await claustrum(HOME, ["-serve", "-nope"]);
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^flag provided but not defined: -nope\nUsage of claustrum:\n {2}-bridge\n/);
});

for (
  const [args, hint] of [
    [["-v"], "did you mean claustrum --version? claustrum help lists the commands"],
    [["--verison"], "did you mean claustrum --version? claustrum help lists the commands"],
    [["--json", "ps"], "flags come after the command, as in claustrum ps --json; claustrum help lists the commands"],
    [["--frobnicate"], "claustrum help lists the commands"],
  ] as const
) {
  Deno.test(`claustrum ${args.join(" ")} leads to the help in its last line`, async () => {
    const { code, stdout, stderr } = await claustrum(HOME, args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^flag provided but not defined: -[^]*\nUsage of claustrum:\n[^]*\nclaustrum: .*\n$/);
    assertEquals(stderr.trimEnd().split("\n").at(-1), `claustrum: ${hint}`);
  });
}

Deno.test("a program that names a mode gets no hint after the usage", async () => {
  const { stderr } = await claustrum(HOME, ["-serve", "-nope"]);
  assertEquals(stderr.split("\n").filter((line) => line.startsWith("claustrum:")), []);
});

Deno.test("version works in both spellings", async () => {
  for (const args of [["-version"], ["-version=true"], ["--version=true"], ["--socket", "/x", "--version"]]) {
    const { code, stdout, stderr } = await claustrum(HOME, args);
    assertEquals([code, stdout, stderr], [0, `claustrum v${VERSION} (built unknown)\n`, ""], args.join(" "));
  }
  for (const args of [["--version"], ["version"]]) {
    assertEquals(await claustrum(HOME, args), { code: 0, stdout: `claustrum ${VERSION}\n`, stderr: "" });
  }
  const facts = { version: VERSION, reports: `v${VERSION}`, runtime: Deno.version.deno };
  assertEquals(JSON.parse((await claustrum(HOME, ["version", "--json"])).stdout), facts);
});

Deno.test("help works in all spellings", async () => {
  for (const args of [["help"], ["--help"], ["-h"]]) {
    const { code, stdout } = await claustrum(HOME, args);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "  serve        start the daemon\n");
  }
  for (const args of [["help", "bridge"], ["bridge", "--help"], ["bridge", "-h"]]) {
    const { code, stdout } = await claustrum(HOME, args);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "claustrum bridge [--socket PATH]");
    assertStringIncludes(stdout, "Exit code:");
  }
});

for (
  const [args, message] of [
    [["sevre"], 'claustrum: there is no command "sevre": did you mean serve?'],
    [["frobnicate"], 'claustrum: there is no command "frobnicate": see claustrum help'],
    [["constructor"], 'claustrum: there is no command "constructor": see claustrum help'],
    [["serve", "--sockt", "/s"], "claustrum: serve has no flag --sockt: did you mean --socket?"],
    [["stop", "--foreground"], "claustrum: stop has no flag --foreground: see claustrum help stop"],
    [["status", "now"], 'claustrum: status takes no argument "now": see claustrum help status'],
    [["stop", "web", "--all"], 'claustrum: --all is for the daemon, not for "web": see claustrum help stop'],
    [["serve", "--socket"], "claustrum: --socket needs a value"],
    [["serve", "--token-fd", "x"], 'claustrum: --token-fd takes a non-negative integer, not "x"'],
    [["help", "sotp"], 'claustrum: there is no command "sotp": did you mean stop?'],
    [["serve", "--replay"], "claustrum: serve has no flag --replay: see claustrum help serve"],
    [["serve", "--replce"], "claustrum: serve has no flag --replce: did you mean --replace?"],
    [["rename", "a"], "claustrum: rename needs more arguments: see claustrum help rename"],
    [["monit"], 'claustrum: there is no command "monit": see claustrum help top'],
    [["completions", "ksh"], 'claustrum: completions takes bash, zsh or fish, not "ksh"'],
    [["kill", "a", "--signal", "STOP"], 'claustrum: --signal takes KILL, INT, HUP or TERM, not "STOP"'],
    [["kill", "a", "-9", "--signal", "INT"], "claustrum: choose one of -9 and --signal"],
    [["ps", "--json", "--quiet"], "claustrum: choose one of --json and --quiet"],
    [["stop", "--al"], "claustrum: stop has no flag --al: did you mean --all?"],
  ] as const
) {
  Deno.test(`claustrum ${args.join(" ")} fails with one line on stderr`, async () => {
    const { code, stdout, stderr } = await claustrum(HOME, args);
    assertEquals([code, stdout, stderr], [2, "", `${message}\n`]);
  });
}

for (const word of ["sotp", "stpo", "stp", "sto", "stopp", "sttop", "kil", "kll", "klil", "killl", "kkill"]) {
  Deno.test(`claustrum ${word} is a typo for which a destructive command is suggested`, async () => {
    const { code, stderr } = await claustrum(HOME, [word]);
    const meant = word.startsWith("s") ? "stop" : "kill";
    assertEquals([code, stderr], [2, `claustrum: there is no command "${word}": did you mean ${meant}?\n`]);
  });
}

for (
  const word of ["shop", "step", "stomp", "slop", "atop", "stow", "stoop-all", "strop", "tsop"].concat(
    ["bill", "skill", "till", "kiln", "krill", "ikll", "pkill", "killall", "ill"],
  )
) {
  Deno.test(`claustrum ${word} suggests no destructive command`, async () => {
    const { code, stderr } = await claustrum(HOME, [word]);
    assertEquals(code, 2);
    assertMatch(stderr, new RegExp(`^claustrum: there is no command "${word}": (?!did you mean (stop|kill))`));
  });
}

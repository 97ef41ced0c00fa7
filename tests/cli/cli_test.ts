import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
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

Deno.test("version works in both spellings", async () => {
  for (const args of [["-version"], ["--version"], ["version"]]) {
    const { code, stdout, stderr } = await claustrum(HOME, args);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^claustrum v\d+\.\d+\.\d+ \(built unknown\)\n$/);
  }
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
    [["stop", "--foreground"], "claustrum: stop has no flag --foreground: see claustrum help"],
    [["stop", "web", "now"], 'claustrum: stop takes no argument "now"'],
    [["stop", "web", "--all"], "claustrum: stop NAME stops a session and takes no --all"],
    [["serve", "--socket"], "claustrum: --socket needs a value"],
    [["serve", "--token-fd", "x"], 'claustrum: --token-fd takes a non-negative integer, not "x"'],
    [["help", "sotp"], 'claustrum: there is no command "sotp": did you mean stop?'],
    [["serve", "--replay"], "claustrum: serve has no flag --replay: see claustrum help"],
    [["serve", "--replce"], "claustrum: serve has no flag --replce: did you mean --replace?"],
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

import { assertEquals } from "@std/assert";
import { complainsOfNoTerminal, isFullScreen, isInteractive } from "../../lib/cli/terminal_hint.ts";

Deno.test("isInteractive() is true for shells and the like without a command", () => {
  for (const words of [["bash"], ["/bin/zsh", "-i"], ["python3"], ["claude"], ["sh", "-l"]]) {
    assertEquals(isInteractive(words), true, words.join(" "));
  }
  for (const words of [["bash", "-c", "true"], ["python3", "script.py"], ["claude", "-p"], ["make"], []]) {
    assertEquals(isInteractive(words), false, words.join(" "));
  }
});

Deno.test("isFullScreen() is true for programs that draw on the whole screen", () => {
  assertEquals([["vim", "a"], ["/usr/bin/top"], ["make"], []].map(isFullScreen), [true, true, false, false]);
});

Deno.test("complainsOfNoTerminal() knows the words of real programs", () => {
  const complaints = [
    "top: failed tty get",
    "TERM environment variable not set.",
    "Vim: Warning: Output is not to a terminal",
    "open terminal failed: not a terminal",
    "Must be connected to a terminal.",
    "Error opening terminal: unknown.",
    "the input device is not a TTY",
    "ERROR Raw mode is not supported on the current process.stdin, which Ink uses as input stream by default.",
    "stty: 'standard input': Inappropriate ioctl for device",
  ];
  for (const text of complaints) assertEquals(complainsOfNoTerminal(text), true, text);
  for (const text of ["warning: unused variable", "terminal velocity", "tests: 3 passed"]) {
    assertEquals(complainsOfNoTerminal(text), false, text);
  }
});

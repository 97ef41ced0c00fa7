import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { windowsQuote, windowsTask } from "../../lib/daemon/launch/windows_task.ts";

const TASK = { name: "claustrum", about: "a daemon", command: ["deno.exe", "serve"], home: "C:\\Users\\me" };

/** Splits a command line by the rules that Microsoft's C runtime documents. */
function splitLikeWindows(line: string): string[] {
  const words: string[] = [];
  let [word, isQuoted, isWord] = ["", false, false];
  for (let at = 0; at < line.length; at++) {
    const [slashes = ""] = /^\\*/.exec(line.slice(at))!;
    if (slashes !== "") {
      at += slashes.length;
      const isBeforeQuote = line[at] === '"';
      word += isBeforeQuote ? "\\".repeat(slashes.length >> 1) : slashes;
      isWord = true;
      if (isBeforeQuote && slashes.length % 2 === 1) word += '"';
      else at--;
    } else if (line[at] === '"') [isQuoted, isWord] = [!isQuoted, true];
    else if (/\s/.test(line[at]!) && !isQuoted) {
      if (isWord) words.push(word);
      [word, isWord] = ["", false];
    } else [word, isWord] = [word + line[at], true];
  }
  return isWord ? [...words, word] : words;
}

Deno.test("windowsQuote() writes arguments that a program of Windows reads as they were", () => {
  const words = [
    "plain",
    "",
    "a b",
    'say "hi"',
    "C:\\dir\\",
    "C:\\my dir\\",
    'a\\"b',
    'a\\\\" b\\',
    "tab\there",
    "%PATH%",
  ];
  assertEquals(splitLikeWindows(words.map(windowsQuote).join(" ")), words);
});

Deno.test("windowsTask() is well-formed ASCII for any path and user", () => {
  const { text } = windowsTask({ ...TASK, command: ["C:\\Zoë & <co>\\x.exe", "—"], user: "BÜRO\\zoë" });
  assert(/^[\n -~]*$/.test(text));
  assertStringIncludes(text, "<Command>C:\\Zo&#235; &amp; &lt;co&gt;\\x.exe</Command>");
  assertStringIncludes(text, "<UserId>B&#220;RO\\zo&#235;</UserId>");
  assertStringIncludes(text, "<Arguments>&#8212;</Arguments>");
  const opened = [...text.matchAll(/<([A-Z]\w*)[\s>]/g)].map(([, name]) => name);
  const closed = [...text.matchAll(/<\/(\w+)>/g)].map(([, name]) => name);
  assertEquals(closed.toSorted(), opened.toSorted());
});

Deno.test("windowsTask() says what to type, and what to fill in when the user is unknown", () => {
  const { advice, text } = windowsTask({ ...TASK, user: undefined });
  assertStringIncludes(advice, "write your own user in the place of DOMAIN\\NAME: whoami prints it\n");
  assertStringIncludes(text, "<UserId>DOMAIN\\NAME</UserId>");
  for (const verb of ["Create", "Run", "End", "Delete"]) {
    assertStringIncludes(advice, `schtasks /${verb} /TN claustrum`);
  }
  assert(!windowsTask({ ...TASK, user: "BOX\\me" }).advice.includes("DOMAIN"));
});

import { assert, assertEquals } from "@std/assert";
import { PROGRAM } from "../lib/cli/commands.ts";
import { findCommand } from "../lib/cli/find_command.ts";
import { UsageError } from "../lib/cli/usage_error.ts";

const ROOT = new URL("../", import.meta.url);
const DOCUMENTS = [
  "README.md",
  ".github/ARCHITECTURE.md",
  ".github/CHANGELOG.md",
  ".github/CONTRIBUTING.md",
  ".github/OPERATIONS.md",
  ".github/SECURITY.md",
  "lib/hub/API.md",
  "lib/rpc/CONTRACT.md",
  "lib/rpc/PROTOCOL.md",
];
/** Where the words of a command line end: at a comment, an operator of the shell, a command of another program. */
const END = /^(?:#.*|--|\|\|?|&&|;|[<>].*|…)$/;
/** What no command has of its own. */
const COMMON = ["help", "h"];

/** Matches a command line of claustrum, and not a service or a package with that name. */
const COMMAND_LINE = /(?<=^|[ ("'])(?<!--name |--now |\d )claustrum ([^]*?)(?=[)"'`]|$| claustrum )/g;

/** The command lines of claustrum in a document: in its blocks of code and in what stands between backticks. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|console)\n([^]*?)^```$/gm)].flatMap(([, block]) => block!.split("\n"));
  const spans = [...text.replace(/^```[^]*?^```$/gm, "").matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
  const lines = [...blocks, ...spans.map((span) => span.replaceAll("\n", " "))];
  return lines.flatMap((line) => [...line.matchAll(COMMAND_LINE)])
    .map(([, command]) => command!.trim());
}

/** The words of a command line up to its end. */
function wordsOf(line: string): string[] {
  const words = line.split(/ +/);
  const end = words.findIndex((word) => END.test(word));
  return end < 0 ? words : words.slice(0, end);
}

/** What is wrong with a command line. */
async function mistakesIn(line: string): Promise<string[]> {
  const words = wordsOf(line).filter((word) => word !== "");
  // The classic spelling begins with a dash, and a version with a digit.
  if (words[0] === undefined || !/^[a-z]/.test(words[0]) || words[1] === "COMMAND") return [];
  try {
    const found = await findCommand(PROGRAM.commands, words[0] === "help" ? words.slice(1) : words);
    if (!("command" in found)) return [];
    const { flags } = found.command;
    const known = [...COMMON, ...Object.keys(flags), ...Object.values(flags).map(({ short }) => short)];
    const named = found.rest.flatMap((word) => /^--([a-z][a-z-]*)|^-([a-zA-Z])$/.exec(word) ?? [])
      .filter((name) => name !== undefined && !name.startsWith("-"));
    return named.filter((name) => !known.includes(name)).map((name) => `claustrum ${line}: ${name}`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [`claustrum ${line}: ${error.message}`];
  }
}

Deno.test("the commands and flags of claustrum that the documents name exist", async () => {
  let count = 0;
  const mistakes: string[] = [];
  for (const document of DOCUMENTS) {
    const lines = commandLines(await Deno.readTextFile(new URL(document, ROOT)));
    count += lines.length;
    for (const line of lines) mistakes.push(...(await mistakesIn(line)).map((mistake) => `${document}: ${mistake}`));
  }
  assert(count > 100, `${count} commands`);
  assertEquals(mistakes, []);
});

/**
 * Runs the examples of lib/hub/API.md against a real hub, whose agent is a stand-in.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { type Json, type SessionHome, sessionHome } from "../helpers/session_home.ts";
import { soon, waitFor } from "../helpers/wait.ts";

const DOCUMENT = new URL("../../lib/hub/API.md", import.meta.url);
/** What the prompt of the examples means to the stand-in. */
const PROMPTS = { "Run the tests.": "tool Bash echo passed > tests.txt" };
/** How long an example may take until it shows what the document shows, in milliseconds. */
const FIT_MS = 20_000;
/** The key that stands for further fields in an example. */
const MORE = "…";

/** A command of the document, and what it says that the command prints. */
interface Example {
  readonly command: string;
  readonly language: string;
  readonly output: string;
}

async function examples(): Promise<Example[]> {
  const text = await Deno.readTextFile(DOCUMENT);
  const blocks = text.matchAll(/^```sh\n([^]*?)^```\n\n```(json|text)\n([^]*?)^```$/gm);
  const all = [...blocks].map(([, command = "", language = "", output = ""]) => ({ command, language, output }));
  assertEquals(all.length, text.split("```sh\n").length - 1, "each command is followed by what it prints");
  return all;
}

/** A hub whose user runs the examples. */
interface ExampleHub {
  readonly home: SessionHome;
  readonly url: string;
  /** The variables that the examples name. */
  readonly variables: Record<string, string>;
}

async function startHub(home: SessionHome): Promise<ExampleHub> {
  await Deno.mkdir(`${home.path}/bin`);
  const program = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${CLI}' "$@"\n`;
  await Deno.writeTextFile(`${home.path}/bin/claustrum`, program, { mode: 0o755 });
  const { stdout } = await home.run(["hub", "start", "--json"], { env: { CLAUSTRUM_LISTEN: "127.0.0.1:0" } });
  const { url, token_file } = JSON.parse(stdout);
  const token = (await Deno.readTextFile(token_file)).trim();
  return { home, url, variables: { HUB: url, TOKEN: token } };
}

/** Starts a command of the document in the user's shell. */
function shell({ home, url, variables }: ExampleHub, command: string): Deno.ChildProcess {
  const text = command.replaceAll("http://127.0.0.1:7621", url).replaceAll("/home/you/work", home.work);
  const environment = plainEnvironment(home.path);
  return new Deno.Command("sh", {
    args: ["-euc", text],
    cwd: home.path,
    env: { ...environment, PATH: `${home.path}/bin:${environment.PATH}`, ...variables },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function printed(hub: ExampleHub, command: string): Promise<Json> {
  const { code, stdout } = await soon(command, shell(hub, command).output());
  assertEquals(code, 0, command);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Returns what kind of value each part of a value is. An example need not have all fields of an object. */
function shapeOf(value: Json, example: Json = value): Json {
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => shapeOf(item, example?.[0]));
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const isPartial = Object.hasOwn(example ?? {}, MORE);
  const names = Object.keys(value).filter((name) => name !== MORE && (!isPartial || Object.hasOwn(example, name)));
  return Object.fromEntries(names.map((name) => [name, shapeOf(value[name], example?.[name])]));
}

/** Runs an example; one that only looks is run until it shows what the document does, or for too long. */
async function result(hub: ExampleHub, command: string, example: Json): Promise<Json> {
  const isChange = /--json|-X /.test(command);
  const wanted = JSON.stringify(shapeOf(example));
  const end = performance.now() + FIT_MS;
  for (;;) {
    const value = await printed(hub, command);
    if (isChange || JSON.stringify(shapeOf(value, example)) === wanted || performance.now() > end) return value;
  }
}

/** Runs an example that does not end, until it has printed as many lines as the document shows. */
async function firstLines(hub: ExampleHub, command: string, count: number): Promise<string[]> {
  await using child = shell(hub, command);
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of child.stdout) {
    text += decoder.decode(part, { stream: true });
    if (text.split("\n").length > count) break;
  }
  return text.split("\n").slice(0, count);
}

Deno.test({
  ...needing(
    "lib/hub/API.md has examples that work, and print what it shows",
    findProgram("curl") !== undefined,
    "curl",
  ),
  async fn() {
    await using home = await sessionHome(`agent.env = { STAND_IN_PROMPTS = '${JSON.stringify(PROMPTS)}' }\n`);
    const hub = await startHub(home);
    const all = await examples();
    for (const { command, language, output } of all) {
      if (language === "text") {
        const lines = output.trimEnd().split("\n");
        // What follows an ellipsis differs from time to time.
        const known = lines.map((line) => line.split("…")[0]!);
        const received = await firstLines(hub, command, lines.length);
        assertEquals(received.map((line, i) => line.slice(0, known[i]!.length)), known, command);
        continue;
      }
      const example = JSON.parse(output);
      const value = await result(hub, command, example);
      assertEquals(shapeOf(value, example), shapeOf(example), command);
      if (Array.isArray(value)) hub.variables["ID"] = `${value[0].id}`;
      if ("page_key" in value) hub.variables["PAGE_KEY"] = value.page_key;
    }
    await waitFor("the command that an example allowed", () => Deno.statSync(`${home.work}/tests.txt`).isFile);
  },
});

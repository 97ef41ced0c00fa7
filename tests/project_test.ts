import { assert, assertEquals } from "@std/assert";
import denoJson from "../deno.json" with { type: "json" };
import { VERSION } from "../lib/version.ts";

const ROOT = new URL("../", import.meta.url);

/** The rooms, from the ones that know nothing of others to those that know all. */
const LAYERS = [
  ["stamp.ts"],
  ["version.ts", "system"],
  ["config"],
  ["rpc"],
  ["process"],
  ["files"],
  ["git"],
  ["methods"],
  ["client", "install"],
  ["handover"],
  ["daemon", "sessions", "dashboard"],
  ["cli"],
  ["cli.ts", "mod.ts"],
];

async function* sources(directory: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, directory));
    else if (name.endsWith(".ts")) yield new URL(name, directory);
  }
}

/** Matches the paths that a file imports. */
const IMPORTED_PATH = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;
/** Matches the paths that a file names, as in `import("./a.ts")` and `new URL("./a.ts", import.meta.url)`. */
const NAMED_PATH = /"(\.{1,2}\/[^"]+\.ts)"/g;

/** The files that each file of lib/ imports, as paths below the root. */
async function importGraph(paths: RegExp = IMPORTED_PATH): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>();
  const path = (url: URL) => url.href.slice(ROOT.href.length);
  const files = [new URL("cli.ts", ROOT), new URL("mod.ts", ROOT)];
  for await (const file of sources(new URL("lib/", ROOT))) files.push(file);
  for (const file of files) {
    const text = (await Deno.readTextFile(file)).replace(/\/\*\*[\s\S]*?\*\//g, "");
    const targets = [...text.matchAll(paths)].map(([, target]) => path(new URL(target!, file)));
    graph.set(path(file), targets);
  }
  return graph;
}

function roomOf(file: string): string {
  return file.split("/")[1] ?? file;
}

function reachable(graph: Map<string, string[]>, start: string): Set<string> {
  const seen = new Set<string>();
  const todo = [start];
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    todo.push(...graph.get(file)!);
  }
  return seen;
}

Deno.test("no module imports itself, however indirectly", async () => {
  const graph = await importGraph();
  for (const [file, targets] of graph) {
    // The program's entry loads the command line only when it is the program.
    for (const target of targets) {
      assert(!reachable(graph, target).has(file), `${file} and ${target} import each other`);
    }
  }
});

Deno.test("every file of lib/ names only files of its own room and of lower layers", async () => {
  const layerOf = (file: string) => LAYERS.findIndex((layer) => layer.includes(roomOf(file)));
  for (const [file, targets] of await importGraph(NAMED_PATH)) {
    if (!file.startsWith("lib/")) continue;
    for (const path of [file, ...targets]) assert(layerOf(path) >= 0, `${path} is in a room without a layer`);
    const above = targets.filter((target) => roomOf(target) !== roomOf(file) && layerOf(target) >= layerOf(file));
    assertEquals(above, [], `${file} names files of a higher layer`);
  }
});

Deno.test("the bridge pulls in neither processes nor methods nor the daemon", async () => {
  const rooms = new Set([...reachable(await importGraph(), "lib/client/bridge.ts")].map(roomOf));
  assertEquals([...rooms].sort(), ["client", "system"]);
});

Deno.test("the supervisor pulls in no wire, no socket and no daemon", async () => {
  const files = [...reachable(await importGraph(), "lib/process/mod.ts")];
  assertEquals([...new Set(files.map(roomOf))].sort(), ["process", "system"]);
});

Deno.test("the top level holds what the design has, and nothing else", () => {
  const names = [...Deno.readDirSync(ROOT)].map(({ name }) => name).filter((name) => !name.startsWith("."));
  const allowed = [
    "mod.ts",
    "cli.ts",
    "lib",
    "tests",
    "testdata",
    "deno.json",
    "deno.lock",
    "README.md",
    "LICENSE",
    "dist",
  ];
  assertEquals(names.filter((name) => !allowed.includes(name)), []);
});

Deno.test("the version is the same wherever it stands", () => {
  assertEquals(VERSION, denoJson.version);
});

Deno.test("the runtime's version is the same wherever it stands", async () => {
  const pinned = (await Deno.readTextFile(new URL(".dvmrc", ROOT))).trim();
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const named = new Set([...readme.matchAll(/deno@(\d+\.\d+\.\d+)/g)].map(([, version]) => version));
  assertEquals([...named], [pinned]);
});

Deno.test("the README stays readable", async () => {
  const lines = (await Deno.readTextFile(new URL("README.md", ROOT))).trimEnd().split("\n");
  assert(lines.length <= 150, `${lines.length} lines`);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import denoJson from "../deno.json" with { type: "json" };
import { VERSION } from "../lib/version.ts";

const ROOT = new URL("../", import.meta.url);

/**
 * The rooms, from those that know of no other to those that may know of all. A room may import what stands above it in
 * this list. Rooms of the hub that do not exist yet have their place already.
 */
const LAYERS = [
  ["stamp.ts"],
  ["version.ts", "system"],
  ["contract"],
  ["config"],
  ["rpc"],
  ["process"],
  ["launcher"],
  ["logs"],
  ["files"],
  ["git"],
  ["methods"],
  ["client", "install"],
  ["store"],
  ["agent"],
  ["claude_home"],
  ["sessions", "projects", "remote"],
  ["hosts"],
  ["hub"],
  ["web"],
  ["handover"],
  ["daemon"],
  ["cli"],
  ["cli.ts", "mod.ts"],
];

/** The rooms of the hub. It is a client of the daemon, and shares nothing else with it. */
const HUB_ROOMS = ["store", "agent", "claude_home", "sessions", "projects", "remote", "hosts", "hub", "web"];
/** The rooms of the daemon, which the hub's rooms do not import. */
const DAEMON_ROOMS = ["methods", "handover", "daemon"];

async function* sources(directory: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, directory));
    else if (name.endsWith(".ts")) yield new URL(name, directory);
  }
}

/** Matches the paths that a file imports. */
const IMPORTED_PATH = /(?:from|import|resolve)\s*\(?\s*"(\.[^"]+)"/g;
/** Matches the paths that a file imports as it is loaded: types are not. */
const LOADED_PATH = /(?:^|\n)(?:import|export)\s+(?!type\b)[^;()]*?from\s*"(\.[^"]+)"/g;
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

function layerOf(room: string): number {
  return LAYERS.findIndex((layer) => layer.includes(room));
}

/** Whether a file of a room may import a file of another one. */
function mayImport(room: string, other: string): boolean {
  if (room === other) return true;
  const [isHub, isOtherHub] = [HUB_ROOMS.includes(room), HUB_ROOMS.includes(other)];
  if ((isHub && DAEMON_ROOMS.includes(other)) || (isOtherHub && DAEMON_ROOMS.includes(room))) return false;
  return layerOf(other) < layerOf(room);
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

Deno.test("what is loaded late is listed for who gets the modules from a registry", async () => {
  const late = (await importGraph(/resolve\(\s*"(\.[^"]+)"/g)).values();
  const listed = (await importGraph()).get("lib/cli/late_modules.ts");
  assertEquals([...new Set([...late].flat())].sort(), listed?.toSorted());
});

Deno.test("a hub that starts loads nothing of hosts, links, NATS and projects", async () => {
  const graph = await importGraph(LOADED_PATH);
  const loaded = reachable(graph, "lib/cli/hub_main.ts");
  const later = ["hosts/ssh_line", "hub/hosts/hosts", "hub/links/links", "hub/links/link_line", "hub/nats/nats"];
  for (const part of [...later, ...["projects", "clones", "usage", "history"].map((name) => `projects/${name}`)]) {
    assertEquals([part, loaded.has(`lib/${part}.ts`)], [part, false]);
  }
  assert(loaded.has("lib/hub/start_hub.ts"));
});

Deno.test("every file of lib/ names only files of its own room and of lower layers", async () => {
  for (const [file, targets] of await importGraph(NAMED_PATH)) {
    if (!file.startsWith("lib/")) continue;
    for (const path of [file, ...targets]) assert(layerOf(roomOf(path)) >= 0, `${path} is in a room without a layer`);
    const refused = targets.filter((target) => !mayImport(roomOf(file), roomOf(target)));
    assertEquals(refused, [], `${file} names files that its room may not import`);
  }
});

Deno.test("the hub's rooms are ordered above the client, apart from the daemon's", () => {
  const inOrder = ["client", "store", "agent", "claude_home", "sessions", "hosts", "hub", "cli"];
  for (const [i, room] of inOrder.entries()) {
    for (const [j, other] of inOrder.entries()) {
      assertEquals(mayImport(room, other), j <= i, `${room} imports ${other}`);
    }
  }
  for (const [room, other] of [["sessions", "projects"], ["projects", "remote"], ["remote", "sessions"]] as const) {
    assertEquals(mayImport(room, other), false, `${room} imports ${other}`);
  }
  for (const room of HUB_ROOMS) {
    for (const other of DAEMON_ROOMS) {
      assertEquals([mayImport(room, other), mayImport(other, room)], [false, false], `${room} and ${other}`);
    }
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

/** The names that a module exports by name. */
function exportedNames(source: string): string[] {
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(([, list]) => list!);
  return lists.flatMap((list) => list.split(",")).map((name) => name.trim().replace(/^type /, "")).filter(Boolean);
}

Deno.test("the main module exports what most programs need, and little else", async () => {
  const source = await Deno.readTextFile(new URL("mod.ts", ROOT));
  assert(!source.includes("export *"), "each name is listed");
  const names = exportedNames(source);
  assert(names.length >= 30 && names.length <= 40, `${names.length} names`);
  const values = Object.keys(await import("../mod.ts")).sort();
  assertEquals(values.filter((name) => !name.endsWith("Error")), [
    "ReplaySupervisor",
    "bridge",
    "connect",
    "install",
    "serve",
    "stop",
  ]);
});

Deno.test("every export has a module comment with an example", async () => {
  assertEquals(Object.keys(denoJson.exports), [
    ".",
    "./daemon",
    "./supervisor",
    "./client",
    "./install",
    "./sessions",
    "./wire",
    "./cli",
  ]);
  for (const path of Object.values(denoJson.exports)) {
    const source = await Deno.readTextFile(new URL(path, ROOT));
    const comment = /^\/\*\*[^]*?\*\//.exec(source)?.[0] ?? "";
    for (const part of ["@example", "@module"]) assertStringIncludes(comment, part, path);
  }
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

Deno.test("the README names the packages that CI installs", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const script = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const [, named = ""] = /`apt-get install ([^`]+)`/.exec(readme) ?? [];
  const [, programs = ""] = /^for tool in ([a-z0-9 ]+); do$/m.exec(script) ?? [];
  const others = [...script.matchAll(/missing\+=\(([a-z][a-z0-9-]*)\)/g)].map(([, name]) => name!);
  assertEquals(named.split(" ").sort(), [...programs.split(" "), ...others].sort());
});

Deno.test("the README has 80 to 100 lines", async () => {
  const lines = (await Deno.readTextFile(new URL("README.md", ROOT))).trimEnd().split("\n");
  assert(lines.length >= 80 && lines.length <= 100, `${lines.length} lines`);
});

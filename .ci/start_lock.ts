/**
 * Makes `.ci/start.lock`: the part of `deno.lock` that the program itself needs. With the whole lock, the runtime would
 * also fetch what only the tests and the build of the page need. `deno task start-lock`
 *
 * @module
 */

import importMap from "../lib/imports.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);
/** The lock that is made. */
export const START_LOCK = new URL("start.lock", import.meta.url);
/** What lies in `lib` and is not run, but bundled before. */
const PAGE = "lib/web/";
/** The lists of an entry that name other packages. */
const NEEDS = ["dependencies", "optionalDependencies"] as const;

/** A package in a lock. */
type LockedPackage = { readonly [K in typeof NEEDS[number]]?: readonly string[] };

/** The parts of a lock that matter here. */
interface Lock {
  readonly version: string;
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
  readonly workspace: unknown;
}

/** Returns what `.ci/start.lock` should contain. */
export async function startLock(): Promise<string> {
  const whole: Lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const specifiers = new Set((await usedAddresses()).map((address) => specifierOf(address, whole)));
  const keys = new Set<string>();
  const add = (key: string) => {
    if (keys.has(key)) return;
    keys.add(key);
    for (const list of NEEDS) for (const name of whole.npm[key]?.[list] ?? []) add(keyOf(name, whole));
  };
  for (const specifier of specifiers) {
    add(`${specifier.replace(/^npm:(@?[^@]+)@.*$/, "$1")}@${whole.specifiers[specifier]}`);
  }
  return JSON.stringify(
    {
      version: whole.version,
      specifiers: only(whole.specifiers, specifiers),
      npm: only(whole.npm, keys),
      // The runtime writes it into each lock, and would do so here.
      workspace: whole.workspace,
    },
    null,
    2,
  ) + "\n";
}

/** Returns what the configuration says for each name that the program imports. */
async function usedAddresses(): Promise<string[]> {
  const text = (await Promise.all([...await sources("lib"), "cli.ts", "mod.ts"].map(
    async (path) => await Deno.readTextFile(new URL(path, ROOT)),
  ))).join("\n");
  return Object.entries(importMap.imports).filter(([name]) => text.includes(`"${name}`)).map(([, address]) => address);
}

async function sources(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${directory}/`, ROOT))) {
    const path = `${directory}/${name}`;
    if (isDirectory && `${path}/` !== PAGE) found.push(...await sources(path));
    else if (name.endsWith(".ts") && !name.endsWith("_generated.ts")) found.push(path);
  }
  return found;
}

/** Returns the key of an address such as `npm:/name@1.0.0/file.js` among the specifiers of a lock. */
function specifierOf(address: string, { specifiers }: Lock): string {
  const [, name = ""] = /^npm:\/?(@[^/]+\/[^/]+|[^/]+)/.exec(address) ?? [];
  if (Object.hasOwn(specifiers, `npm:${name}`)) return `npm:${name}`;
  throw new Error(`deno.lock has no ${address}: run deno cache cli.ts`);
}

/** Returns the key of a package, which others name without its version if there is one version only. */
function keyOf(name: string, { npm }: Lock): string {
  if (Object.hasOwn(npm, name)) return name;
  const found = Object.keys(npm).filter((key) => key.startsWith(`${name}@`));
  if (found.length === 1) return found[0]!;
  throw new Error(`deno.lock has ${found.length} packages named ${name}`);
}

function only<T>(record: Readonly<Record<string, T>>, keys: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.has(key)));
}

if (import.meta.main) await Deno.writeTextFile(START_LOCK, await startLock());

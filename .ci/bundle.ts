/**
 * Makes one JavaScript file of the whole tool: `deno task bundle [--output FILE]`. It needs the
 * runtime and nothing else.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { buildDirectory, deno, replaceOnce, rewriteModules, stageSources, stampFromGit } from "./stage.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** The one file is the program and all of its workers, which it tells apart by their names. */
const ENTRY = `if ("WorkerGlobalScope" in globalThis) {
  if (globalThis.name === "password") (await import("./lib/hub/access/password_worker.ts")).servePasswordCheck();
  else if (globalThis.name === "rank") (await import("./lib/store/rank_worker.ts")).serveRanking();
  else if (globalThis.name === "usage") (await import("./lib/projects/usage_worker.ts")).serveUsage();
  else (await import("./lib/files/extract_worker.ts")).serveExtraction();
} else if (import.meta.main) Deno.exit(await main(Deno.args));`;
/** The modules of workers, by the file that starts them. */
const WORKERS = {
  "files/extract_tar.ts": "extract_worker_main.ts",
  "hub/access/password.ts": "password_worker_main.ts",
  "projects/usage.ts": "usage_worker_main.ts",
  "store/ranked_search.ts": "rank_worker_main.ts",
};

/** Matches how a module of ours names what it takes from a module of Node. */
const FROM_NODE = /^(import \{[^}]*\} from )"node:([a-z]+)";$/gm;
/** What the bundler puts first, for packages that call `require`. */
const REQUIRE = /^import \{ createRequire as (\w+) \} from "node:module";\nvar (\w+) = \1\(import\.meta\.url\);\n/m;

/** Bundles into a file. */
export async function bundle(output: string): Promise<void> {
  await using build = await buildDirectory();
  await stageSources(build.path, await stampFromGit());
  await replaceOnce(`${build.path}/cli.ts`, "if (import.meta.main) Deno.exit(await main(Deno.args));", ENTRY);
  for (const [file, worker] of Object.entries(WORKERS)) {
    const address = `new URL("./${worker}", import.meta.url)`;
    await replaceOnce(`${build.path}/lib/${file}`, address, "new URL(import.meta.url)");
  }
  await loadNodeLate(build.path);
  const made = `${build.path}/claustrum.js`;
  await deno(["bundle", "--quiet", "--platform", "deno", "-o", made, "cli.ts"], build.path);
  await requireLate(made);
  await minify(made);
  await Deno.mkdir(output.replace(/[^/]*$/, "") || ".", { recursive: true });
  await Deno.copyFile(made, output);
}

/**
 * Lets modules load those of Node when they are themselves needed. In one file, an import of a module of Node stands at
 * its top whoever needs it, and all of them together take longer to load than most commands take.
 */
async function loadNodeLate(root: string): Promise<void> {
  const modules = new Set<string>();
  await rewriteModules(`${root}/lib`, (text) =>
    text.replaceAll(FROM_NODE, (_, names, module) => {
      modules.add(module);
      return `${names}"${root}/node_${module}.cjs";`;
    }));
  for (const module of modules) {
    await Deno.writeTextFile(
      `${root}/node_${module}.cjs`,
      `module.exports = process.getBuiltinModule("node:${module}");`,
    );
  }
}

/** Lets `require` of packages, too, load modules of Node late; all others are in the file. */
async function requireLate(file: string): Promise<void> {
  const program = await Deno.readTextFile(file);
  const late = program.replace(REQUIRE, "var $2 = (name) => process.getBuiltinModule(name);\n");
  if (late === program) throw new Error(`${file} should begin with the bundler's require`);
  await Deno.writeTextFile(file, late);
}

/** Makes a JavaScript file smaller, in its place. It is done by a program of its own, which leaves nothing behind. */
export async function minify(file: string): Promise<void> {
  await deno(["run", "-A", new URL("./minify.ts", import.meta.url).pathname, file], ROOT);
}

if (import.meta.main) {
  const { output = "dist/claustrum.js" } = parseArgs(Deno.args, { string: ["output"] }) as { output?: string };
  await bundle(output);
  console.log(`made ${output} (${(await Deno.stat(output)).size} bytes): deno run -A ${output} help`);
}

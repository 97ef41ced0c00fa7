/**
 * Makes a JavaScript file smaller, in its place: `deno run -A .ci/minify.ts FILE`. The runtime's own `--minify` drops each
 * `using` whose variable is used once, so that its resource is never disposed of.
 *
 * @module
 */

import { stop, transform } from "esbuild";

const [file = ""] = Deno.args;
const program = await Deno.readTextFile(file);
const { code } = await transform(program, { minify: true, keepNames: true, target: "esnext", format: "esm" });
await Deno.writeTextFile(file, code);
await stop();

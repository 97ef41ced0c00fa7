/**
 * Shows that nothing is lost, whoever dies when: `deno task demo`.
 *
 * @module
 */

import { processDemo } from "./process_demo.ts";
import { sessionDemo } from "./session_demo.ts";

console.log("A process whose client loses its connection");
const isProcessWhole = await processDemo();
console.log("\nA session whose watcher is cut off, whose hub is killed, and whose agent asks for a permission");
const isSessionWhole = await sessionDemo();
if (!isProcessWhole || !isSessionWhole) Deno.exit(1);

import * as fc from "fast-check";
import type { TestDaemon } from "../helpers/daemon.ts";
import { checkEnd, commands } from "./commands.ts";
import { type Model, World } from "./world.ts";

/**
 * Runs random sequences against a daemon and the model.
 *
 * @throws {Error} With the smallest sequence that fails, and how to run it again.
 */
export async function checkModel(
  { socket, token }: TestDaemon,
  options: { readonly numRuns: number; readonly seed?: number; readonly path?: string },
): Promise<void> {
  let run = 0;
  const property = fc.asyncProperty(commands, async (sequence) => {
    await using world = new World(socket, token, run++);
    const model: Model = { processes: new Map() };
    await fc.asyncModelRun(() => ({ model, real: world }), sequence);
    await checkEnd(model, world);
  });
  await fc.assert(property, options);
}

import * as fc from "fast-check";
import { checkEnd, commands } from "./commands.ts";
import { type Host, type Model, World } from "./world.ts";

/** A daemon that goes with its scope. */
export type OwnedHost = Host & AsyncDisposable;

/**
 * Runs random sequences against a daemon and the model.
 *
 * @param start Gives the daemon of a run: always the same one, or one of its own.
 * @throws {Error} With the smallest sequence that fails, and how to run it again.
 */
export async function checkModel(
  start: () => Promise<OwnedHost>,
  options: {
    readonly numRuns: number;
    readonly withUpgrades?: boolean;
    readonly seed?: number;
    readonly path?: string;
  },
): Promise<void> {
  const { withUpgrades = false, ...rest } = options;
  let run = 0;
  const property = fc.asyncProperty(commands(withUpgrades), async (sequence) => {
    await using host = await start();
    await using world = new World(host, run++);
    const model: Model = { processes: new Map() };
    await fc.asyncModelRun(() => ({ model, real: world }), sequence);
    await checkEnd(model, world);
  });
  await fc.assert(property, rest);
}

import * as fc from "fast-check";
import { checkEnd, commands } from "./commands.ts";
import { type Host, type Model, RealSystem } from "./real_system.ts";

/** A daemon that is stopped at the end of its scope. */
export type OwnedHost = Host & AsyncDisposable;

/**
 * Applies random sequences of operations to a daemon and to the model, and compares them.
 *
 * @param start Returns the daemon for a run, which may be shared.
 * @throws {Error} If a sequence fails; the message has the smallest such sequence and how to repeat it.
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
    await using real = new RealSystem(host, run++);
    const model: Model = { contract: host.contract, processes: new Map() };
    await fc.asyncModelRun(() => ({ model, real }), sequence);
    await checkEnd(model, real);
  });
  await fc.assert(property, rest);
}

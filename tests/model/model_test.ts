import { sharedHost, upgradableHost } from "./hosts.ts";
import { checkModel } from "./run.ts";

Deno.test("the daemon behaves like the model when clients perform random operations", async () => {
  await using host = await sharedHost();
  await checkModel(host.start, { numRuns: 1_000, seed: 7 });
});

Deno.test("the daemon behaves like the model when it is upgraded between the operations", async () => {
  await checkModel(upgradableHost, { numRuns: 12, seed: 7, withUpgrades: true });
});

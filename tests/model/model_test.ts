import { sharedHost, upgradableHost } from "./hosts.ts";
import { checkModel } from "./run.ts";

Deno.test("a daemon does what the model says, whatever clients do in whatever order", async () => {
  await using host = await sharedHost();
  await checkModel(host.start, { numRuns: 1_000, seed: 7 });
});

Deno.test("so does one that is upgraded between whatever they do", async () => {
  await checkModel(upgradableHost, { numRuns: 12, seed: 7, withUpgrades: true });
});

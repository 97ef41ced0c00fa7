import { sharedHost, upgradableHost } from "./hosts.ts";
import { checkModel } from "./run.ts";

// A few runs, which show that the model is right; `.ci/run` makes many more of each kind.

Deno.test("the daemon behaves like the model when clients perform random operations", async () => {
  await using host = await sharedHost();
  await checkModel(host.start, { numRuns: 200, seed: 7 });
});

Deno.test("the daemon of the newest generation behaves like the model", async () => {
  await using host = await sharedHost("next");
  await checkModel(host.start, { numRuns: 50, seed: 8 });
});

Deno.test("the daemon behaves like the model when it is upgraded between the operations", async () => {
  await checkModel(() => upgradableHost(), { numRuns: 4, seed: 7, withUpgrades: true });
});

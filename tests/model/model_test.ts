import { startDaemon } from "../helpers/daemon.ts";
import { checkModel } from "./run.ts";

Deno.test("a daemon does what the model says, whatever clients do in whatever order", async () => {
  await using daemon = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
  await checkModel(daemon, { numRuns: 1_000, seed: 7 });
});

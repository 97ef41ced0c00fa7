import { assertEquals } from "@std/assert";
import { resolveHubConfig } from "../../lib/hub/config.ts";
import { shownConfig } from "../../lib/hub/config_text.ts";
import { type HubPaths, hubPaths } from "../../lib/hub/hub_paths.ts";
import { type RunningHub, startHub } from "../../lib/hub/start_hub.ts";
import { Store } from "../../lib/store/store.ts";
import { silentLogger } from "../../lib/system/log.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";
import { tempDir } from "../helpers/temp.ts";

const DAY_MS = 86_400_000;

/** Starts a hub without a web address in this program. */
async function start(paths: HubPaths): Promise<RunningHub> {
  const resolved = await resolveHubConfig({ options: { listen: "" }, env: new Map() });
  return await startHub({
    paths,
    config: resolved.config,
    shownConfig: shownConfig(resolved),
    openSessions: () => Promise.resolve(new MemorySessions()),
    log: silentLogger,
  });
}

Deno.test("startHub() removes entries of the audit that are older than a year", async () => {
  await using dir = await tempDir();
  const paths = hubPaths({ stateDir: dir.path });
  {
    using store = Store.open(paths.database);
    const entry = { who: "me", way: "socket", address: undefined, target: undefined, result: "ok" };
    store.audit.add({ ...entry, what: "old", at: Date.now() - 366 * DAY_MS });
    store.audit.add({ ...entry, what: "new", at: Date.now() - 364 * DAY_MS });
  }
  await using _hub = await start(paths);
  using store = Store.open(paths.database);
  assertEquals(store.audit.list({ limit: 10 }).map(({ what }) => what), ["new"]);
});

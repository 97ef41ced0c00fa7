import { daemonSocketOf } from "../../../hub/config.ts";
import { acquireHubLock } from "../../../hub/hub_lock.ts";
import { type HubPaths, prepareHubDirectories } from "../../../hub/hub_paths.ts";
import { type RestoreFacts, restoreStore, sessionIdsIn } from "../../../store/backup.ts";
import { systemClock } from "../../../system/clock.ts";
import { StoreError } from "../../../store/store_error.ts";
import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { isLockHeld } from "../../../system/lock_file.ts";
import { absolutePath } from "../../absolute_path.ts";
import { defineCommand } from "../../command.ts";
import { connectToDaemon, NoDaemonError } from "../../daemon_client.ts";
import { hubPathsOf } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS, HUB_START_FLAGS, resolveRequest } from "../../hub_request.ts";
import { print } from "../../print.ts";

/** How long the daemon may take to answer, in milliseconds. */
const DIAL_MS = 5_000;
/** The process of an agent: the id of its session, and a number. */
const AGENT = /^session\/([^/]+)\/\d+$/;

export default defineCommand({
  usage: "hub restore FILE [--state-dir DIR] [--config FILE] [--daemon-socket PATH] [--json]",
  about: `Puts a backup in the place of the hub's database. No hub may run, and no agent. The
former database is kept beside it. Browsers have to sign in again. The API tokens are
those of the backup: one that was revoked since then counts again.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    "daemon-socket": HUB_START_FLAGS["daemon-socket"],
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 restored, 1 not restored, 2 wrong arguments",
  examples: ["claustrum hub stop --sessions && claustrum hub restore ~/hub-2026-11-21.db"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name = ""] }) {
    const [file, paths] = [absolutePath(name), hubPathsOf(flags)];
    const { config } = await resolveRequest({ config: flags.config, "daemon-socket": flags["daemon-socket"] });
    await prepareHubDirectories(paths);
    if (await isLockHeld(paths.lock)) {
      throw new ClaustrumError("a hub is running: stop it and its agents with claustrum hub stop --sessions");
    }
    using _lock = await acquireHubLock(paths, systemClock);
    await requireNoAgents(daemonSocketOf(config), [file, paths.database]);
    const facts = await restoreStore(file, paths.database, formerPath(paths, new Date()));
    print(flags.json ? JSON.stringify(facts) : describe(facts, file));
    return 0;
  },
});

/** Where the former database goes. */
function formerPath({ database }: HubPaths, now: Date): string {
  return `${database}.before-restore-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
}

/**
 * An agent that runs knows more than the backup does: what it was told since would be told again or not at all.
 *
 * @param databases The databases whose sessions must not have an agent.
 */
async function requireNoAgents(socket: string, databases: readonly string[]): Promise<void> {
  const sessions = new Set(databases.flatMap(tryReadSessions));
  const running = (await runningAgents(socket)).filter((session) => sessions.has(session));
  if (running.length === 0) return;
  throw new ClaustrumError(
    `${running.length === 1 ? "an agent still runs" : `${running.length} agents still run`}: end them first with ` +
      "claustrum hub start and claustrum hub stop --sessions",
  );
}

/** A database that is damaged is what a restore is for. */
function tryReadSessions(database: string): string[] {
  try {
    return sessionIdsIn(database);
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
}

/** Returns the ids of the sessions whose agents run. */
async function runningAgents(socket: string): Promise<string[]> {
  try {
    const signal = AbortSignal.timeout(DIAL_MS);
    await using client = await connectToDaemon(socket, signal);
    const { processes } = await client.call("process.list", {}, { signal });
    return processes.filter(({ running }) => running).flatMap(({ id }) => AGENT.exec(id)?.[1] ?? []);
  } catch (error) {
    if (error instanceof NoDaemonError) return [];
    throw error;
  }
}

function describe({ version, sessions, tokens, former }: RestoreFacts, file: string): string {
  return [
    `restored ${sessions === 1 ? "1 session" : `${sessions} sessions`} from ${file} (version ${version})`,
    ...(former === undefined ? [] : [`the former database is ${former}`]),
    "browsers have to sign in again",
    ...(tokens.length === 0 ? [] : [`these API tokens count: ${tokens.join(", ")}`]),
  ].join("\n");
}

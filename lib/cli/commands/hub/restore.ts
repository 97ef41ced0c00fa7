import { daemonSocketOf } from "../../../hub/config.ts";
import { acquireHubLock } from "../../../hub/hub_lock.ts";
import { type HubPaths, prepareHubDirectories } from "../../../hub/hub_paths.ts";
import { moveInstances } from "../../../remote/move_instances.ts";
import { type MissingParts, missingParts, moveSessions } from "../../../sessions/other_machine.ts";
import { type RestoreFacts, restoreStore, sessionIdsIn } from "../../../store/backup.ts";
import { Store } from "../../../store/store.ts";
import { systemClock } from "../../../system/clock.ts";
import { StoreError } from "../../../store/store_error.ts";
import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { counted } from "../../../system/counted.ts";
import { isLockHeld } from "../../../system/lock_file.ts";
import type { MovedDirectory } from "../../../system/moved_path.ts";
import { absolutePath } from "../../absolute_path.ts";
import { defineCommand } from "../../command.ts";
import { connectToDaemon, NoDaemonError } from "../../daemon_client.ts";
import { hubPathsOf } from "../../hub_connection.ts";
import { HUB_PLACE_FLAGS, HUB_START_FLAGS, resolveRequest } from "../../hub_request.ts";
import { print } from "../../print.ts";
import { UsageError } from "../../usage_error.ts";

/** How long the daemon may take to answer, in milliseconds. */
const DIAL_MS = 5_000;
/** The process of an agent: the id of its session, and a number. */
const AGENT = /^session\/([^/]+)\/\d+$/;

export default defineCommand({
  usage: "hub restore FILE [--moved OLD=NEW …] [--state-dir DIR] [--config FILE] [--daemon-socket PATH] [--json]",
  about: `Puts a backup in the place of the hub's database. No hub may run, and no agent. The
former database is kept beside it. Browsers have to sign in again. The API tokens are
those of the backup: one that was revoked since then counts again. Says which
directories of sessions are not there, and for which sessions the agent CLI has no
conversation in ~/.claude/projects: another machine needs both.`,
  flags: {
    ...HUB_PLACE_FLAGS,
    "moved": { kind: "list", value: "OLD=NEW", help: "the directory OLD is NEW now; may be repeated" },
    "daemon-socket": HUB_START_FLAGS["daemon-socket"],
    json: { kind: "boolean", help: "print the result as JSON" },
  },
  exitCodes: "0 restored, 1 not restored, 2 wrong arguments",
  examples: [
    "claustrum hub stop --sessions && claustrum hub restore ~/hub-2026-11-21.db",
    "claustrum hub restore hub.db --moved /home/me=/home/ann",
  ],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name = ""] }) {
    const [file, paths, moved] = [absolutePath(name), hubPathsOf(flags), flags.moved.map(readMoved)];
    const { config } = await resolveRequest({ config: flags.config, "daemon-socket": flags["daemon-socket"] });
    await prepareHubDirectories(paths);
    if (await isLockHeld(paths.lock)) {
      throw new ClaustrumError("a hub is running: stop it and its agents with claustrum hub stop --sessions");
    }
    using _lock = await acquireHubLock(paths, systemClock);
    await requireNoAgents(daemonSocketOf(config), [file, paths.database]);
    let movedSessions = 0;
    const facts = await restoreStore(file, paths.database, formerPath(paths, new Date()), (store) => {
      movedSessions = moveSessions(store, moved);
      moveInstances(store, moved);
    });
    using store = Store.open(paths.database);
    const missing = await missingParts(store, Deno.env.get("HOME") ?? "");
    const all = { ...facts, moved: movedSessions, missing };
    print(flags.json ? JSON.stringify(all) : [...describe(facts, file), ...advise(all)].join("\n"));
    return 0;
  },
});

/** Reads where a directory was, and where it is now. */
function readMoved(text: string): MovedDirectory {
  const [from = "", to = "", ...more] = text.split("=");
  if (!from.startsWith("/") || to === "" || more.length > 0) {
    throw new UsageError(`--moved takes OLD=NEW, such as /home/me=/home/ann, not "${text}"`);
  }
  return { from: absolutePath(from), to: absolutePath(to) };
}

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

function describe({ version, sessions, tokens, former }: RestoreFacts, file: string): string[] {
  return [
    `restored ${counted(sessions, "session")} from ${file} (version ${version})`,
    ...(former === undefined ? [] : [`the former database is ${former}`]),
    "browsers have to sign in again",
    ...(tokens.length === 0 ? [] : [`these API tokens count: ${tokens.join(", ")}`]),
  ];
}

/** Says what was done, and what is left to do, for sessions that come from another machine. */
function advise({ moved, missing }: { readonly moved: number; readonly missing: MissingParts }): string[] {
  const { directories, conversations } = missing;
  return [
    ...(moved === 0 ? [] : [`${counted(moved, "session")} moved to another directory`]),
    ...directories.map((path) =>
      `${path} is not there: create it, or restore again with --moved OLD=NEW, where OLD is its path in the backup`
    ),
    ...(conversations.length === 0 ? [] : [
      `~/.claude/projects has no conversation of ${conversations.join(", ")}: copy that directory from the machine ` +
      "of the backup before you resume them, or the agent begins without a memory",
    ]),
  ];
}

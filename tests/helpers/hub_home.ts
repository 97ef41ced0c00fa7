import { readLockRecord } from "../../lib/system/lock_file.ts";
import { claustrum, type CommandResult } from "./command.ts";
import { tempDir } from "./temp.ts";

const PROGRAM = new URL("../programs/memory_hub.ts", import.meta.url).pathname;

/** A home directory for a hub in the background, whose sessions are in memory. */
export interface HubHome extends AsyncDisposable {
  readonly path: string;
  /** The directory of the hub's files; not there yet. */
  readonly state: string;
  /** Runs `claustrum hub …`; the hub has a web address with a free port. */
  hub(args: readonly string[], env?: Record<string, string>): Promise<CommandResult>;
  /** Runs claustrum. */
  run(args: readonly string[], env?: Record<string, string>): Promise<CommandResult>;
  /** The pid in the record of the hub's lock. */
  pid(): number | undefined;
}

/** A home directory whose hub and daemon, if they are left in it, are ended. */
export async function hubHome(): Promise<HubHome> {
  const dir = await tempDir();
  const state = `${dir.path}/.local/state/claustrum`;
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    claustrum(dir.path, args, { main: PROGRAM, env });
  // Tests run at the same time, so none may use the default port.
  const hub = (args: readonly string[], env: Record<string, string> = {}) =>
    run(["hub", ...args], { CLAUSTRUM_LISTEN: "127.0.0.1:0", CLAUSTRUM_AGENT_BINARY: "/bin/sh", ...env });
  return {
    path: dir.path,
    state,
    run,
    hub,
    pid: () => readLockRecord(`${state}/hub.lock`)?.pid,
    async [Symbol.asyncDispose]() {
      await run(["hub", "stop"]);
      await run(["stop", "--yes"]);
      await dir[Symbol.asyncDispose]();
    },
  };
}

/**
 * What the processes of a daemon of the newest generation get in addition: the marks of the daemon, a record each, the
 * agent of the login shell, and a limit on their descriptors (contract: Process methods of next; Records of children).
 *
 * @module
 */

import type { ChildSettings } from "../../methods/context.ts";
import { LAUNCHER_VARIABLE } from "../../launcher/managed_settings.ts";
import { SUBSTITUTE_VARIABLE } from "../../launcher/resolve_launcher.ts";
import { signalGroup } from "../../process/signals.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import type { DaemonPaths } from "../../system/paths.ts";
import { readProc } from "../../system/proc_linux.ts";
import { AGENT_VARIABLE, shellAgent } from "../launch/shell_agent.ts";
import { probeDaemon } from "../socket_probe.ts";
import { childMarks } from "./child_record.ts";
import { ChildRecords } from "./child_records.ts";
import { endOrphans } from "./end_orphans.ts";
import { machineFacts, processStart } from "./process_facts_linux.ts";

/** The highest soft limit on the open descriptors of a process. */
const MAX_DESCRIPTORS = 65_536;
const HARD_LIMIT = /^Max open files +\d+ +(\d+|unlimited) /m;
/** Where the records are, in the directory of the socket. */
const RECORDS_NAME = "children";
/** Says that the daemon runs for a client that uses a launcher. */
const LAUNCHER_SWITCH = "CLAUDE_SSH_MANAGED_LAUNCHER";

/** Options of {@linkcode settleChildren}. */
export interface ChildSettingsOptions {
  /** The paths of the daemon's files. */
  readonly paths: DaemonPaths;
  /** The id of this run of the daemon. */
  readonly instance: string;
  /** Whether the login shell is asked for its agent. */
  readonly asksShell: boolean;
  /** Variables of the daemon that its processes do not inherit. */
  readonly hidden: readonly string[];
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the daemon. */
  readonly log: Logger;
}

/** The settings of a daemon's processes. */
export interface SettledChildren extends ChildSettings {
  /** Their records; absent on systems that do not tell processes from one another. */
  readonly records: ChildRecords | undefined;
  /** The limit on their open descriptors; `undefined` if it is unknown. */
  readonly maxDescriptors: number | undefined;
}

/**
 * Ends the processes that a killed daemon has left behind, and settles what new ones get. Variables that only the daemon
 * is to have are taken from its environment. Call it once the daemon holds its lock.
 */
export async function settleChildren(options: ChildSettingsOptions): Promise<SettledChildren> {
  const { paths, instance, asksShell, hidden, clock, log } = options;
  const [machine, daemonStart, maxDescriptors] = await Promise.all([
    machineFacts(),
    processStart(Deno.pid),
    descriptorLimit(),
  ]);
  const directory = `${paths.directory}/${RECORDS_NAME}`;
  if (machine !== undefined) {
    await endOrphans({ runDirectory: paths.directory, directory, machine, clock, log, signalGroup });
  }
  if (maxDescriptors !== undefined) {
    log.info(`[daemon] child processes will start with an open-files limit of ${maxDescriptors}`);
  }
  const substitute = takeVariable(SUBSTITUTE_VARIABLE);
  for (const name of [LAUNCHER_SWITCH, ...hidden]) takeVariable(name);
  const wrapper = takeVariable(LAUNCHER_VARIABLE);
  const agent = asksShell ? shellAgent({ shell: Deno.env.get("SHELL"), log, clock }) : () => Promise.resolve(undefined);
  // Asked early, so that the first process need not wait for the answer.
  if (!Deno.env.has(AGENT_VARIABLE)) void agent();
  const isKnown = machine !== undefined && daemonStart !== undefined;
  return {
    records: isKnown ? new ChildRecords({ directory, machine, instance, daemonStart, clock, log }) : undefined,
    maxDescriptors,
    marks: childMarks(paths.directory, Deno.pid, daemonStart ?? "0"),
    unlaunched: wrapper === undefined ? {} : { [LAUNCHER_VARIABLE]: wrapper },
    refused: [LAUNCHER_SWITCH, SUBSTITUTE_VARIABLE],
    launcherVariable: LAUNCHER_VARIABLE,
    substituteFolder: substitute,
    agent,
    probe: probeDaemon,
    socket: paths.socket,
    clock,
    log,
  };
}

function takeVariable(name: string): string | undefined {
  const value = Deno.env.get(name);
  Deno.env.delete(name);
  return value;
}

/** Returns the soft limit for processes: the runtime has raised its own, which they would inherit. */
async function descriptorLimit(): Promise<number | undefined> {
  const hard = HARD_LIMIT.exec(await readProc(`/proc/${Deno.pid}/limits`) ?? "")?.[1];
  if (hard === undefined) return undefined;
  return hard === "unlimited" ? MAX_DESCRIPTORS : Math.min(Number(hard), MAX_DESCRIPTORS);
}

/**
 * Parts that most daemons never use. Each is imported only when a daemon needs it, because a loaded module occupies
 * memory for as long as the daemon runs.
 *
 * @module
 */

import type { ProcessRules } from "../contract/process_rules.ts";
import { DEFAULT_SETTINGS } from "../config/settings.ts";
import type { ExtractPool, ExtractPoolOptions } from "../files/extract_pool.ts";
import type { OutputLogs } from "../logs/output_logs.ts";
import type { ConnectedPredecessors, PredecessorsOptions } from "../handover/predecessors.ts";
import type { Admit, ProcessLogs } from "../methods/context.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import { tokenChecker } from "../rpc/dispatch.ts";
import type { Clock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";
import { errnoText } from "../system/errno.ts";
import { isThere } from "../system/private_files.ts";
import type { ChildSettingsOptions, SettledChildren } from "./children/child_settings.ts";
import type { PipeOptions } from "./connection/pipe.ts";
import type { DaemonMetrics, DaemonMetricsOptions } from "./observe/metrics_server.ts";
import type { WireLog } from "./observe/wire_log.ts";
import { identityOf } from "../system/private_socket.ts";

/** Extracts archives; what that needs is loaded with the first archive. Disposing of it stops every extraction. */
export function extractionsOnDemand(options: ExtractPoolOptions): Pick<ExtractPool, "extract"> & Disposable {
  let loading: Promise<ExtractPool> | undefined;
  let isDisposed = false;
  const load = async () => {
    const { ExtractPool } = await import("../files/extract_pool.ts");
    const pool = new ExtractPool(options);
    if (isDisposed) pool[Symbol.dispose]();
    return pool;
  };
  return {
    async extract(job, client) {
      return await (await (loading ??= load())).extract(job, client);
    },
    [Symbol.dispose]() {
      isDisposed = true;
      void loading?.then((pool) => pool[Symbol.dispose]());
    },
  };
}

/** Asks the daemon on a socket to retire; see `lib/handover/ask_to_retire.ts`. */
export async function askToRetire(socket: string): Promise<void> {
  const handover = await import("../handover/ask_to_retire.ts");
  await handover.askToRetire(socket);
}

/**
 * Returns the identities of the sockets of retired daemons: one of them may still lie at the public path.
 *
 * @param directory The directory of all retired daemons.
 */
export async function retiredSockets(directory: string): Promise<ReadonlySet<string>> {
  if (!await isThere(directory)) return new Set();
  const { retiredDaemons } = await import("../handover/retired_files.ts");
  return new Set((await retiredDaemons(directory)).map(({ files }) => identityOf(files.socket)));
}

/**
 * Returns the check of a request's token.
 *
 * @param formerToken The token of the daemon that handed over; `""` if no daemon did.
 */
export async function tokenAdmission(token: string, formerToken: string, clock: Clock): Promise<Admit> {
  if (formerToken === "") return tokenChecker(token);
  const { admitByToken } = await import("../handover/former_token.ts");
  return admitByToken({ token, formerToken, clock });
}

/** Connects to the retired daemons. A process that is lost with its daemon is added to the supervisor. */
export async function connectPredecessors(
  options: Omit<PredecessorsOptions, "onLost" | "follow">,
  supervisor: ReplaySupervisor,
): Promise<ConnectedPredecessors | undefined> {
  if (!await isThere(options.directory)) return undefined;
  const handover = await import("../handover/predecessors.ts");
  return await handover.connectPredecessors({
    ...options,
    onLost: ({ restart: _restart, log: file, logRun: run, ...process }, lastSeq) =>
      supervisor.addLost(process, {
        ...{ ...process, lastSeq },
        ...(file === undefined || run === undefined ? {} : { log: { file, run } }),
      }),
    follow(client, id, followOptions) {
      const process = supervisor.get(id);
      if (process !== undefined) client.follow(process, { ...followOptions, as: id });
    },
  });
}

/** The logs of processes, and how they end with the daemon. */
export interface DaemonLogs extends ProcessLogs {
  /** Writes what is left, and closes them. */
  close(): Promise<void>;
}

/**
 * The logs of processes; what they need is loaded with the first one.
 *
 * @param directory The directory of the daemon's files, which has the records of all logs.
 * @param logDirectory The directory of the logs of all processes; only those that ask for it get one if it is empty.
 */
export function logsOnDemand(
  { directory, logDirectory, log, clock }: {
    readonly directory: string;
    readonly logDirectory: string;
    readonly log: Logger;
    readonly clock: Clock;
  },
): DaemonLogs {
  let loading: Promise<OutputLogs> | undefined;
  const load = async () => {
    const { OutputLogs } = await import("../logs/output_logs.ts");
    const { logDirectoryOf } = await import("../logs/log_records.ts");
    const records = logDirectoryOf(directory);
    return new OutputLogs({ records, directory: logDirectory || records, log, clock });
  };
  const loaded = () => loading ??= load();
  return {
    isForAll: logDirectory !== "",
    open: async (id, options) => await (await loaded()).open(id, options),
    remove: async (id) => await (await loaded()).remove(id),
    noteFailure: (id, error) => log.warn(`[logs] process ${JSON.stringify(id)} has no log: ${errnoText(error)}`),
    close: async () => await (await loading)?.close(),
  };
}

/** Opens the wire log, if the daemon keeps one. */
export async function openWireLogIfWanted(
  { wireLog, token }: { readonly wireLog?: { path: string; maxString?: number }; readonly token: string },
  log: Logger,
  clock: Clock,
): Promise<WireLog | undefined> {
  if (wireLog === undefined) return undefined;
  const observe = await import("./observe/wire_log.ts");
  const { path, maxString = DEFAULT_SETTINGS["wire-log-max-string"] } = wireLog;
  return observe.openWireLog({ path, maxString, token, clock, log });
}

/** Settles what processes get in addition, if the generation of the contract does that. */
export async function settleChildrenIfWanted(
  { settlesChildren }: ProcessRules,
  options: ChildSettingsOptions,
): Promise<SettledChildren | undefined> {
  if (!settlesChildren) return undefined;
  const children = await import("./children/child_settings.ts");
  return await children.settleChildren(options);
}

/** Serves the metrics; see `lib/daemon/observe/metrics_server.ts`. */
export type ServeMetrics = (options: DaemonMetricsOptions) => DaemonMetrics;

/** Loads the metrics server, if the daemon has an address to serve metrics on. */
export async function loadMetrics(address: string): Promise<ServeMetrics | undefined> {
  if (address === "") return undefined;
  return (await import("./observe/metrics_server.ts")).serveDaemonMetrics;
}

/** Serves the named pipe on Windows; does nothing on other systems. */
export async function serveNamedPipe(
  isWanted: boolean,
  options: Omit<PipeOptions, "system">,
): Promise<AsyncDisposable | undefined> {
  if (Deno.build.os !== "windows") return undefined;
  const { servePipe } = await import("./connection/pipe.ts");
  const { windowsPipes: system } = await import("./connection/pipe_windows.ts");
  return await servePipe(isWanted, { ...options, system });
}

/**
 * Parts of a daemon that are loaded only where somebody wants them, for the sake of its memory.
 *
 * @module
 */

import { DEFAULT_SETTINGS } from "../config/settings.ts";
import type { FoundPredecessors, PredecessorsOptions } from "../handover/predecessors.ts";
import type { Admit } from "../methods/context.ts";
import type { ReplaySupervisor } from "../process/supervisor.ts";
import type { Clock } from "../system/clock.ts";
import { isThere } from "../system/private_files.ts";
import type { Logger } from "../system/log.ts";
import type { PipeOptions } from "./connection/pipe.ts";
import { identityOf } from "./ownership/socket.ts";
import type { WireLog } from "./observe/wire_log.ts";

/** Asks the daemon on a socket to retire; see `lib/handover`. */
export async function askOther(socket: string): Promise<void> {
  const { askToRetire } = await import("../handover/ask_to_retire.ts");
  await askToRetire(socket);
}

/** The sockets of the daemons that have retired: one of them may still lie at the public path. */
export async function socketsOfRetired(directory: string): Promise<ReadonlySet<string>> {
  if (!await isThere(directory)) return new Set();
  const { retiredDaemons } = await import("../handover/retired_files.ts");
  return new Set((await retiredDaemons(directory)).map(({ files }) => identityOf(files.socket)));
}

/** Lets clients in after a hand-over; see `lib/handover`. */
export async function admitAfterHandover(token: string, formerToken: string, clock: Clock): Promise<Admit> {
  const { admitByToken } = await import("../handover/former_token.ts");
  return admitByToken({ token, formerToken, clock });
}

/** Finds the daemons that have retired; their processes that are lost are the supervisor's from then on. */
export async function findOthers(
  options: Omit<PredecessorsOptions, "onLost" | "follow">,
  supervisor: ReplaySupervisor,
): Promise<FoundPredecessors | undefined> {
  if (!await isThere(options.directory)) return undefined;
  const { findPredecessors } = await import("../handover/predecessors.ts");
  return await findPredecessors({
    ...options,
    onLost: (process, lastSeq) => supervisor.addLost(process, { ...process, lastSeq }),
    follow(client, id, how) {
      const process = supervisor.get(id);
      if (process !== undefined) client.follow(process, how);
    },
  });
}

/** The wire log that a daemon is to keep, if any. */
export async function openWireLogOf(
  { wireLog, token }: { readonly wireLog?: { path: string; maxString?: number }; readonly token: string },
  log: Logger,
  clock: Clock,
): Promise<WireLog | undefined> {
  if (wireLog === undefined) return undefined;
  const { openWireLog } = await import("./observe/wire_log.ts");
  const { path, maxString = DEFAULT_SETTINGS["wire-log-max-string"] } = wireLog;
  return openWireLog({ path, maxString, token, clock, log });
}

/** The named pipe, where there are any. */
export async function servePipeOfWindows(
  isWanted: boolean,
  options: Omit<PipeOptions, "system">,
): Promise<AsyncDisposable | undefined> {
  const { servePipe } = await import("./connection/pipe.ts");
  const { windowsPipes: system } = await import("./connection/pipe_windows.ts");
  return await servePipe(isWanted, { ...options, system });
}

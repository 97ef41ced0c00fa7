/**
 * Which processes belong to which session or instance of the hub.
 *
 * @module
 */

import type { DaemonLine } from "../client/daemon_line.ts";
import { PROCESS_PREFIX } from "./record.ts";
import type { Tmux } from "./tmux.ts";
import type { ProcessMetrics } from "./types.ts";

/** The process of a session or an instance, below which all others of it are. */
export interface OwnProcess extends Pick<ProcessMetrics, "kind" | "id"> {
  /** The process. */
  readonly pid: number;
}

/** How the ids of the processes of sessions begin. */
const SESSION_PREFIX = "session/";

/** See the module comment. */
export class OwnProcesses {
  readonly #line: DaemonLine;
  readonly #tmux: Tmux;
  readonly #instances: () => readonly { readonly id: string; readonly pid: number | null }[];

  /** @param instances Returns the instances that run. */
  constructor(
    line: DaemonLine,
    tmux: Tmux,
    instances: () => readonly { readonly id: string; readonly pid: number | null }[],
  ) {
    this.#line = line;
    this.#tmux = tmux;
    this.#instances = instances;
  }

  /**
   * Returns the processes that run.
   *
   * @throws {ClaustrumError} If the daemon or tmux cannot be reached.
   */
  async list(): Promise<OwnProcess[]> {
    const [{ processes }, panes] = await Promise.all([
      (await this.#line.soon()).call("process.list", {}),
      this.#tmux.panes(),
    ]);
    const found = new Map<number, OwnProcess>();
    for (const { id, pid, running } of processes) {
      if (running) addOwner(found, pid, id);
    }
    for (const { owner, pid, isDead } of panes) {
      if (!isDead) addOwner(found, pid, owner.startsWith(PROCESS_PREFIX) ? owner : `${SESSION_PREFIX}${owner}`);
    }
    for (const { id, pid } of this.#instances()) if (pid !== null) found.set(pid, { kind: "instance", id, pid });
    return [...found.values()];
  }
}

function addOwner(found: Map<number, OwnProcess>, pid: number, owner: string): void {
  const [prefix, id = ""] = owner.split("/");
  if (id === "") return;
  if (`${prefix}/` === SESSION_PREFIX) found.set(pid, { kind: "session", id, pid });
  if (`${prefix}/` === PROCESS_PREFIX) found.set(pid, { kind: "instance", id, pid });
}

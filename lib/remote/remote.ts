/**
 * What remote control does, for the hub.
 *
 * @module
 */

import type { LogRange } from "./masked_log.ts";
import type {
  ExternalSession,
  Instance,
  InstanceLog,
  MachineLoad,
  MetricsSample,
  StartedInstance,
  StartInstanceParams,
} from "./types.ts";

export type { LogRange } from "./masked_log.ts";

/** A link as a QR code. */
export interface LinkCode {
  /** The picture. */
  readonly svg: string;
  /** The link. */
  readonly url: string;
}

/** Options of {@linkcode Remote.resume}. */
export interface ResumeInstanceOptions {
  /** The project's name, typed, where permissions are bypassed. */
  readonly confirm?: string | undefined;
}

/**
 * Remote control of projects. A reference is an id, a name, or a unique prefix of either. All methods throw a
 * `RequestError` if something cannot be done.
 */
export interface Remote extends AsyncDisposable {
  /**
   * Returns the instances, the newest first.
   *
   * @param project Of one project alone.
   */
  list(project?: string): Instance[];
  /** Returns an instance. */
  get(reference: string): Instance;
  /** Starts remote control of a project, or returns the server that it has already. */
  start(params: StartInstanceParams): Promise<StartedInstance>;
  /** Stops an instance; returns it when it has ended. */
  stop(reference: string): Promise<Instance>;
  /** Starts a stopped instance again, as it was started before. */
  resume(reference: string, options?: ResumeInstanceOptions): Promise<Instance>;
  /**
   * Forgets an instance that does not run, and its log.
   *
   * @param reference Its id or its name; no prefix.
   */
  forget(reference: string): Promise<void>;
  /** Draws the link of an instance. */
  qr(reference: string): Promise<LinkCode>;
  /** Returns whole lines of the log of an instance; without an offset, the end of it. */
  log(reference: string, range?: LogRange): Promise<InstanceLog>;
  /** Lists the sessions of the agent CLI that run outside of the hub. */
  external(): Promise<readonly ExternalSession[]>;
  /** Returns what the processes of instances and sessions use, and the last minute of it, the oldest first. */
  metrics(): Promise<readonly MetricsSample[]>;
  /** Returns how busy the machine is. */
  load(): Promise<MachineLoad>;
}

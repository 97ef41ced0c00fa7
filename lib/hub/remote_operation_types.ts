/**
 * The operations about remote control: their parameters and results.
 *
 * @module
 */

import type {
  ExternalSession,
  Instance,
  InstanceLog,
  MachineLoad,
  MetricsSample,
  StartedInstance,
  StartInstanceParams,
} from "../remote/types.ts";
import type { Done } from "./done.ts";

/** Names an instance by its id, its name, or a unique prefix of either. */
export interface InstanceReference {
  /** The id, the name, or a unique prefix of either. */
  readonly instance_id: string;
}

/** The parameters and the result of each operation about remote control. */
export interface RemoteOperations {
  /** Lists the instances, the newest first. */
  readonly "instances.list": {
    params: { readonly project?: string | undefined };
    result: readonly Instance[];
  };
  /** Starts remote control of a project, or returns what serves it already. */
  readonly "instances.start": { params: StartInstanceParams; result: StartedInstance };
  /** Returns an instance. */
  readonly "instances.get": { params: InstanceReference; result: Instance };
  /** Stops an instance; returns it when it has ended. */
  readonly "instances.stop": { params: InstanceReference; result: Instance };
  /** Starts a stopped instance again. */
  readonly "instances.resume": {
    params: InstanceReference & { readonly confirm?: string | undefined };
    result: Instance;
  };
  /** Forgets a stopped instance and its log. */
  readonly "instances.forget": { params: InstanceReference; result: Done };
  /** Draws the link of an instance as a QR code. */
  readonly "instance.qr": { params: InstanceReference; result: { readonly svg: string; readonly url: string } };
  /** Returns a part of an instance's log; without `offset`, the end of it. */
  readonly "instance.log": {
    params: InstanceReference & { readonly offset?: number | undefined; readonly bytes?: number | undefined };
    result: InstanceLog;
  };
  /** Lists sessions of the agent CLI that run outside of this hub. */
  readonly "external.list": { params: Record<never, never>; result: readonly ExternalSession[] };
  /** Returns what the processes of instances and sessions use, and the last minute of it, the oldest first. */
  readonly "metrics.get": { params: Record<never, never>; result: readonly MetricsSample[] };
  /** Returns how busy the machine is. */
  readonly "load.get": { params: Record<never, never>; result: MachineLoad };
}

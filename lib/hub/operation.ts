/**
 * What an operation of the hub is. Each one is defined once; the socket's methods, the routes of HTTP and their
 * description come from that.
 *
 * @module
 */

import * as v from "valibot";
import type { Remote } from "../remote/remote.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import type { Logger } from "../system/log.ts";
import type { Access } from "./access/access.ts";
import type { Browser } from "./access/browser.ts";
import type { Caller } from "./caller.ts";
import { forwarded, isForwardable, takeHost } from "./hosts/forwarding.ts";
import { resultOfHost } from "./hosts/host_messages.ts";
import type { HubHosts } from "./hosts/lazy_hosts.ts";
import type { HubClones, HubHistory, HubProjects, HubUsage } from "./lazy_projects.ts";
import type { NatsHosts } from "./nats/types.ts";
import { OperationError } from "./operation_error.ts";
import type {
  DoctorCheck,
  HubStatus,
  OperationName,
  OperationParams,
  OperationResult,
  ShownConfig,
} from "./operation_types.ts";
import type { Push } from "./push/push.ts";
import { problemOf, type Schema, text } from "./schemas.ts";

/** The hub, as operations use it. */
export interface HubControl {
  /** Returns the state of the hub. */
  status(): Promise<HubStatus>;
  /** Returns the configuration that is in effect, with secrets masked. */
  config(): ShownConfig;
  /** Checks the hub and what it needs. */
  doctor(): Promise<readonly DoctorCheck[]>;
  /** Stops the hub once the request is answered. */
  stopSoon(): void;
}

/** What an operation works with. */
export interface OperationContext {
  /** The sessions. */
  readonly sessions: Sessions;
  /** The projects. */
  readonly projects: HubProjects;
  /** The clones that become projects. */
  readonly clones: HubClones;
  /** What was used in projects. */
  readonly usage: HubUsage;
  /** What was said in projects. */
  readonly history: HubHistory;
  /** Remote control of projects. */
  readonly remote: Remote;
  /** The other machines that the hub shows. */
  readonly hosts: HubHosts;
  /** The NATS that connects many machines; `undefined` if none is configured. */
  readonly nats?: NatsHosts | undefined;
  /** The hub. */
  readonly hub: HubControl;
  /** What the hub itself keeps. */
  readonly store: Store;
  /** Who may do what. */
  readonly access: Access;
  /** Tells browsers of events while no page is open. */
  readonly push: Push;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
  /** Whether only what this hub itself has is wanted, and nothing of other hosts. @default {false} */
  readonly isOwnOnly?: boolean;
  /** Who asks. */
  readonly caller: Caller;
  /** The browser or program that asks over HTTP; absent on the hub's own socket. */
  readonly browser?: Browser | undefined;
}

/** Where an operation is found in HTTP; parts of the path that begin with a colon are parameters. */
export interface HttpPlace {
  /** The method. */
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** The path. */
  readonly path: string;
  /** The parameters that are named otherwise in the path, by their name there. */
  readonly pathParams?: Readonly<Record<string, string>>;
  /** The status of a success. @default {200} */
  readonly status?: number;
  /** The status of a success of another kind, which the operation tells from its result. @default {none} */
  readonly otherStatus?: number;
}

/** An operation. */
export interface Operation<N extends OperationName = OperationName> {
  /** The name. */
  readonly name: N;
  /** What it does, in one line. */
  readonly summary: string;
  /** Whether it changes anything. */
  readonly isChange: boolean;
  /** Where it is found in HTTP; absent for operations of the socket alone. */
  readonly http?: HttpPlace;
  /** Whether it makes sense in HTTP alone. @default {false} */
  readonly isHttpOnly?: boolean;
  /** Whether it may be called without having signed in. @default {false} */
  readonly isPublic?: boolean;
  /** Whether those may call it who may only look, although it changes something. @default {false} */
  readonly isForViewers?: boolean;
  /** Whether its result is an array of objects that never change, whose JSON need not be made again. @default {false} */
  readonly hasLastingItems?: boolean;
  /** The schema of its parameters. */
  readonly params: Schema<OperationParams<N>>;
  /** The schema of its result. */
  readonly result: Schema<OperationResult<N>>;
  /** Says who has done it, where only the result tells. @default {who asked} */
  doneBy?(result: OperationResult<N>): { readonly who: string; readonly way: string };
  /** Whether a success has the other status in HTTP. @default {it never has} */
  hasOtherStatus?(result: OperationResult<N>): boolean;
  /**
   * Runs it for a host that is away, as far as something is known here.
   *
   * @returns `undefined` if nothing is known.
   */
  whileAway?(
    context: OperationContext,
    host: string,
    params: OperationParams<N>,
  ): Promise<OperationResult<N> | undefined>;
  /** Runs it with parameters that fit the schema. */
  run(
    context: OperationContext,
    params: OperationParams<N>,
  ): OperationResult<N> | Promise<OperationResult<N>>;
}

/** An operation whose types are checked where it is defined, and forgotten afterwards. */
export interface AnyOperation
  extends Omit<Operation, "run" | "whileAway" | "params" | "result" | "doneBy" | "hasOtherStatus"> {
  /** The schema of its parameters. */
  readonly params: Schema<unknown>;
  /** The schema of its result. */
  readonly result: Schema<unknown>;
  /** Says who has done it, where only the result tells. @default {who asked} */
  doneBy?(result: object): { readonly who: string; readonly way: string };
  /** Whether a success has the other status in HTTP. @default {it never has} */
  hasOtherStatus?(result: object): boolean;
  /**
   * Checks parameters and runs it.
   *
   * @throws {OperationError} If the parameters do not fit.
   * @throws {SessionError} If it cannot be done.
   */
  call(context: OperationContext, params: unknown): object | Promise<object>;
}

/** Defines an operation. */
export function operation<N extends OperationName>(definition: Operation<N>): AnyOperation & { readonly name: N } {
  const { run, whileAway: _, name, ...rest } = definition;
  if (!isForwardable(name)) {
    return {
      ...{ ...rest, name },
      call(context, params) {
        checkParams(definition.params, params);
        return run(context, params as OperationParams<N>) as object | Promise<object>;
      },
    };
  }
  const schema = withHost(definition.params);
  return {
    ...{ ...rest, name, params: schema },
    call(context, given) {
      checkParams(schema, given);
      const { host, params } = takeHost(given);
      const { hosts, caller } = context;
      if (caller.isHub) requireOwn(host, hosts.ownName);
      const target = host ?? (caller.isHub ? hosts.ownName : hosts.hostOf(params));
      if (target === undefined || target === hosts.ownName) {
        const isOwnOnly = caller.isHub === true || host !== undefined;
        return run({ ...context, isOwnOnly }, params as OperationParams<N>) as object | Promise<object>;
      }
      return callOn(context, target, definition, params as OperationParams<N>);
    },
  };
}

/** Another hub gets no further than here. */
function requireOwn(host: string | undefined, ownName: string): void {
  if (host === undefined || host === ownName) return;
  throw new OperationError("refused", `a hub reaches no third one over ${JSON.stringify(ownName)}`);
}

/**
 * Runs an operation on another hub.
 *
 * @throws {OperationError} If it fails there, or what comes back is no result of it.
 */
async function callOn<N extends OperationName>(
  context: OperationContext,
  host: string,
  { name, result: schema, whileAway }: Operation<N>,
  params: OperationParams<N>,
): Promise<object> {
  const { hosts, caller } = context;
  const mirror = (await hosts.open()).mirror(host);
  const known = mirror.isUp ? undefined : await whileAway?.(context, host, params);
  const result: unknown = known ?? await forwarded(host, () => mirror.call(name, params, caller));
  if (v.is(schema, result)) return resultOfHost(result as object, host);
  throw new OperationError("unavailable", `${host}: what it returned for ${name} is no result of that`);
}

/** Adds the parameter that names a host. */
function withHost<T>(schema: Schema<T>): Schema<T> {
  const { entries } = schema as unknown as v.StrictObjectSchema<v.ObjectEntries, undefined>;
  if (entries === undefined || "pipe" in schema) {
    throw new TypeError("the parameters of an operation must be an object");
  }
  return v.strictObject({ ...entries, host: v.optional(text) }) as unknown as Schema<T>;
}

/**
 * Checks parameters.
 *
 * @throws {OperationError} If they do not fit the schema; the message names the field.
 */
export function checkParams(schema: Schema<unknown>, params: unknown): void {
  const problem = problemOf(schema, params);
  if (problem !== undefined) throw new OperationError("bad_params", problem);
}

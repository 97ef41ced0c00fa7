/**
 * What an operation of the hub is. Each one is defined once; the socket's methods, and later the routes of HTTP and
 * their description, come from that.
 *
 * @module
 */

import { RpcError } from "../rpc/errors.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { FAILURE_CODES } from "./failure_codes.ts";
import type { HubStatus, OperationName, OperationParams, OperationResult, ShownConfig } from "./operation_types.ts";
import { problemOf, type Schema } from "./schemas.ts";

/** The hub, as operations use it. */
export interface HubControl {
  /** Returns the state of the hub. */
  status(): Promise<HubStatus>;
  /** Returns the configuration that is in effect, with secrets masked. */
  config(): ShownConfig;
  /** Stops the hub once the request is answered. */
  stopSoon(): void;
}

/** What an operation works with. */
export interface OperationContext {
  /** The sessions. */
  readonly sessions: Sessions;
  /** The hub. */
  readonly hub: HubControl;
  /** Who asks, for others who are told about it. */
  readonly caller: string;
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
  /** The schema of its parameters. */
  readonly params: Schema<OperationParams<N>>;
  /** The schema of its result. */
  readonly result: Schema<OperationResult<N>>;
  /** Runs it with parameters that fit the schema. */
  run(
    context: OperationContext,
    params: OperationParams<N>,
  ): OperationResult<N> | Promise<OperationResult<N>>;
}

/** An operation whose types are checked where it is defined, and forgotten afterwards. */
export interface AnyOperation extends Omit<Operation, "run" | "params" | "result"> {
  /** The schema of its parameters. */
  readonly params: Schema<unknown>;
  /** The schema of its result. */
  readonly result: Schema<unknown>;
  /**
   * Checks parameters and runs it.
   *
   * @throws {RpcError} If the parameters do not fit.
   * @throws {SessionError} If it cannot be done.
   */
  call(context: OperationContext, params: unknown): object | Promise<object>;
}

/** Defines an operation. */
export function operation<N extends OperationName>(definition: Operation<N>): AnyOperation & { readonly name: N } {
  const { run, ...rest } = definition;
  return {
    ...rest,
    call(context, params) {
      checkParams(definition.params, params);
      return run(context, params as OperationParams<N>) as object | Promise<object>;
    },
  };
}

/**
 * Checks parameters.
 *
 * @throws {RpcError} If they do not fit the schema; the message names the field.
 */
export function checkParams(schema: Schema<unknown>, params: unknown): void {
  const problem = problemOf(schema, params);
  if (problem !== undefined) throw new RpcError(FAILURE_CODES.bad_params.rpc, problem);
}

/**
 * Runs operations for somebody: checks what they may do, and notes every change in the audit.
 *
 * @module
 */

import type { AnyOperation, OperationContext } from "./operation.ts";
import { failureOf } from "./failure_codes.ts";
import { isForwardable } from "./hosts/forwarding.ts";
import { OperationError } from "./operation_error.ts";

/** The members of parameters and results that say what a change was about, the first that is there. */
const TARGETS = [
  "session_name",
  "project_name",
  "host_name",
  "permission_id",
  "instance_id",
  "project",
  "token_name",
  "sign_in_id",
  "id",
  "name",
  "path",
] as const;

/**
 * Runs an operation.
 *
 * @throws {OperationError} If who asks may not do that, or the parameters do not fit.
 * @throws {SessionError} If it cannot be done.
 */
export function perform(
  operation: AnyOperation,
  context: OperationContext,
  params: unknown,
): object | Promise<object> {
  if (!operation.isChange) {
    requireOwnRights(operation, context);
    return operation.call(context, params);
  }
  const note = (result: string, value?: object) => audit(operation, context, params, result, value);
  const fail = (error: unknown): never => {
    const { kind } = failureOf(error);
    // Strangers cannot fill the audit: how often they may guess is limited, and nothing else of theirs is noted.
    if (!operation.isPublic || kind === "unauthenticated") note(kind);
    throw error;
  };
  const succeed = (value: object): object => {
    note("ok", value);
    return value;
  };
  try {
    requireRights(operation, context);
    const value = operation.call(context, params);
    return value instanceof Promise ? value.then(succeed, fail) : succeed(value);
  } catch (error) {
    return fail(error);
  }
}

/** What each hub decides for itself, no other one does or reads. */
function requireOwnRights({ name }: AnyOperation, { caller }: OperationContext): void {
  if (!caller.isHub || isForwardable(name)) return;
  throw new OperationError("refused", `${name} is not for other hubs: sign in to this one`);
}

function requireRights(operation: AnyOperation, context: OperationContext): void {
  requireOwnRights(operation, context);
  const [{ name, isForViewers }, { caller }] = [operation, context];
  if (!caller.isViewer || isForViewers) return;
  throw new OperationError("refused", `${caller.who} may only look: ${name} needs a sign-in that is not read-only`);
}

function audit(
  { name, doneBy }: AnyOperation,
  { store, caller, clock, log }: OperationContext,
  params: unknown,
  result: string,
  value?: object,
): void {
  const { who, way } = value === undefined ? caller : doneBy?.(value) ?? caller;
  const target = targetOf(params) ?? targetOf(value);
  const entry = { at: clock.now(), who, way, address: caller.address, what: name, target, result };
  try {
    store.audit.add(entry);
  } catch (error) {
    // The change is made, and cannot be taken back: the log has to say it instead.
    log.error(`cannot write to the audit: ${JSON.stringify(entry)}: ${error}`);
  }
}

function targetOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  for (const name of TARGETS) {
    const member = members[name];
    if (typeof member === "string") return member.slice(0, 200);
  }
  return undefined;
}

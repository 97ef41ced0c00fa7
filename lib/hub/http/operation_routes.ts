/**
 * The routes of operations: each reads the parameters from the request, and returns what the operation returns.
 *
 * @module
 */

import type { Context } from "hono";
import type { Browser } from "../access/browser.ts";
import type { AnyOperation, HttpPlace, OperationContext } from "../operation.ts";
import { perform } from "../perform.ts";
import type { Admission, Gate, Visit } from "./gate.ts";
import { cookieHeaders, dataHeaders } from "./headers.ts";
import { KeptJson } from "./kept_json.ts";
import { problemResponse } from "./problem.ts";
import { MAX_BODY_BYTES, MAX_GUEST_BODY_BYTES, paramReader, queryOf, readJsonBody } from "./request_params.ts";

/** How long a body may take to arrive, in milliseconds. */
const BODY_MS = 30_000;

/** What belongs to one request. */
export interface Env {
  /** Where it comes from. */
  readonly Bindings: { readonly visit: Visit };
}

/** Answers a request. */
export type Handler = (context: Context<Env>, visit: Visit) => Response | Promise<Response>;

/** Options of {@linkcode OperationRoutes}. */
export interface OperationRoutesOptions {
  /** Who may come in. */
  readonly gate: Gate;
  /** What operations work with, but for who asks. */
  readonly operations: Omit<OperationContext, "caller" | "browser">;
}

/** See the module comment. */
export class OperationRoutes {
  readonly #options: OperationRoutesOptions;
  readonly #keptJson = new KeptJson();

  /** @param options What decides, and what operations work with. */
  constructor(options: OperationRoutesOptions) {
    this.#options = options;
  }

  /** Returns what answers the requests for an operation. */
  handler(operation: AnyOperation, place: HttpPlace): Handler {
    const { gate } = this.#options;
    const { status = 200, otherStatus = status } = place;
    const statusOf = (value: object) => operation.hasOtherStatus?.(value) ? otherStatus : status;
    const mostBytes = operation.isPublic ? MAX_GUEST_BODY_BYTES : MAX_BODY_BYTES;
    const read = paramReader(place, operation.params);
    const run = async (context: Context<Env>, visit: Visit, admission: Admission): Promise<Response> => {
      const { raw } = context.req;
      const body = raw.method === "GET" || raw.method === "HEAD" ? undefined : await this.#body(raw, mostBytes);
      return await this.#reply(operation, read(context.req.param(), queryOf(raw), body), statusOf, visit, admission);
    };
    const runQuickly = (context: Context<Env>, visit: Visit, admission: Admission) => {
      const params = read(context.req.param(), queryOf(context.req.raw), undefined);
      return this.#reply(operation, params, statusOf, visit, admission);
    };
    return (context, visit) => {
      const { raw } = context.req;
      const admission = operation.isPublic
        ? gate.refuseOrigin(raw, visit) ?? guest(visit)
        : gate.admit(raw, visit, operation.isChange);
      if ("status" in admission) return problemResponse(admission, visit.scheme === "https");
      return operation.isChange ? run(context, visit, admission) : runQuickly(context, visit, admission);
    };
  }

  #reply(
    operation: AnyOperation,
    params: unknown,
    statusOf: (value: object) => number,
    visit: Visit,
    { caller, cookie }: Admission,
  ): Response | Promise<Response> {
    const headers = cookieHeaders(cookie);
    const isSecure = visit.scheme === "https";
    const browser: Browser = {
      address: visit.address,
      agent: visit.agent,
      scheme: visit.scheme,
      setCookie: (text) => void headers.splice(0, headers.length, ["set-cookie", text]),
    };
    const result = perform(operation, { ...this.#options.operations, caller, browser }, params);
    const jsonOf = (value: object) =>
      operation.hasLastingItems && Array.isArray(value) ? this.#keptJson.ofArray(value) : JSON.stringify(value);
    const reply = (value: object) =>
      new Response(jsonOf(value), { status: statusOf(value), headers: dataHeaders(isSecure, undefined, headers) });
    return result instanceof Promise ? result.then(reply) : reply(result);
  }

  async #body(request: Request, mostBytes: number): Promise<unknown> {
    const timeout = new AbortController();
    const cancel = this.#options.operations.clock.after(BODY_MS, () => timeout.abort());
    try {
      return await readJsonBody(request, mostBytes, timeout.signal);
    } finally {
      cancel();
    }
  }
}

/** Who may only do what needs no sign-in. */
function guest({ address }: Visit): Admission {
  return { caller: { who: "guest", way: "nobody", isViewer: true, address }, isAmbient: true };
}

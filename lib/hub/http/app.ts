/**
 * The routes of the hub's web address.
 *
 * @module
 */

import { type Context, Hono } from "hono";
import { importLate } from "../../system/import_late.ts";
import { failureText } from "../hub_log.ts";
import { FAILURE_CODES, failureOf } from "../failure_codes.ts";
import type { LiveFeed } from "../live_feed.ts";
import { checkParams, type HttpPlace, type OperationContext } from "../operation.ts";
import { OPERATIONS } from "../operations.ts";
import { nothing } from "../operations/shared.ts";
import { cookieHeaders, dataHeaders, type HeaderList } from "./headers.ts";
import type { Gate, Visit } from "./gate.ts";
import type { LiveConnections } from "./live_connections.ts";
import { linkPlace, LinkRoute } from "./link_route.ts";
import { dashboardPlace, eventsPlace, LiveRoutes } from "./live_routes.ts";
import { type Env, type Handler, OperationRoutes } from "./operation_routes.ts";
import type { Page } from "./page.ts";
import { type Problem, problemResponse } from "./problem.ts";
import type { RequestCounts } from "./request_counts.ts";
import { BodyError, paramReader, queryOf } from "./request_params.ts";

/** The metrics. */
export interface AppMetrics {
  /** Counts the requests. */
  readonly requests: RequestCounts;
  /** Whether a token may read the metrics; compares in constant time. */
  isToken(token: string): boolean;
  /** Returns the page. */
  text(): string;
}

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /** Who may come in. */
  readonly gate: Gate;
  /** What operations work with, but for who asks. */
  readonly operations: Omit<OperationContext, "caller" | "browser">;
  /** What happens. */
  readonly feed: LiveFeed;
  /** The connections that stay open. */
  readonly live: LiveConnections;
  /** The path below which the hub is reached; "" for all of the address. */
  readonly basePath: string;
  /** Whether the configuration has a password to sign in with. @default {false} */
  readonly hasPassword?: boolean;
  /** Whether a token may read the metrics, and the metrics; absent if nobody may. */
  readonly metrics?: AppMetrics | undefined;
}

/** Answers a request. */
export type App = (request: Request, info: { readonly remoteAddr: Deno.Addr }) => Response | Promise<Response>;

/** Creates what answers requests. */
export function createApp(options: AppOptions): App {
  const { gate, basePath, metrics } = options;
  const routes = new Routes(options);
  const hono = new Hono<Env>({ strict: true });
  for (const base of new Set(["", basePath])) routes.add(hono, base);
  hono.notFound(({ env: { visit }, req }) =>
    problem({ status: 404, detail: `there is nothing at ${req.path}` }, visit)
  );
  hono.onError((error, { env: { visit } }) => routes.fail(error, visit));
  const app: App = (request, { remoteAddr }) => {
    const visit = gate.visit(request, "hostname" in remoteAddr ? remoteAddr.hostname : "");
    const refusal = gate.refuse(visit);
    return refusal === undefined ? hono.fetch(request, { visit }) : problem(refusal, visit);
  };
  return metrics === undefined ? app : counting(app, metrics.requests);
}

function counting(app: App, requests: RequestCounts): App {
  return (request, info) => {
    const { method } = request;
    const note = (response: Response) => {
      requests.note(method, response.status);
      return response;
    };
    const response = app(request, info);
    return response instanceof Promise ? response.then(note) : note(response);
  };
}

const documentPlace: HttpPlace = { method: "GET", path: "/api/openapi.json" };
const readNothing = paramReader(documentPlace, nothing);

/** The addresses of the page; which one it is, the page finds out itself. */
const PAGES = [
  "/",
  "/sessions/:id",
  "/sessions/:id/changes",
  "/sessions/:id/terminal",
  "/permissions/:id",
  "/hosts",
  "/new-project",
  "/projects/:name",
  "/projects/:name/history/:id",
  "/settings",
  "/settings/:section",
];

class Routes {
  readonly #options: AppOptions;
  readonly #operations: OperationRoutes;
  readonly #live: LiveRoutes;
  readonly #link: LinkRoute;
  #loadedPage: Promise<Page> | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#operations = new OperationRoutes(options);
    this.#live = new LiveRoutes(options);
    this.#link = new LinkRoute(options);
  }

  /** Adds all routes below a path. */
  add(hono: Hono<Env>, base: string): void {
    const methods = new Map<string, string[]>();
    // Hono answers HEAD like GET, and drops the body. What never ends would go on unseen.
    const add = (method: string, path: string, handle: Handler, hasEnd = true) => {
      methods.set(path, [...methods.get(path) ?? [], ...(method === "GET" && hasEnd ? ["GET", "HEAD"] : [method])]);
      hono.on(
        method,
        `${base}${path}`,
        (context, next) => hasEnd || context.req.raw.method === method ? handle(context, context.env.visit) : next(),
      );
    };
    for (const operation of OPERATIONS) {
      if (operation.http !== undefined) {
        add(operation.http.method, operation.http.path, this.#operations.handler(operation, operation.http));
      }
    }
    add(eventsPlace.method, eventsPlace.path, ({ req }, visit) => this.#live.events(req.raw, visit), false);
    add(documentPlace.method, documentPlace.path, (context, visit) => this.#openApi(context, visit));
    add(dashboardPlace.method, dashboardPlace.path, ({ req }, visit) => this.#live.dashboard(req.raw, visit), false);
    add(
      "GET",
      "/ws/terminal/:id",
      ({ req }, visit) => this.#live.terminal(req.raw, visit, req.param("id") ?? ""),
      false,
    );
    add(linkPlace.method, linkPlace.path, ({ req }, visit) => this.#link.open(req.raw, visit), false);
    add("GET", "/healthz", (context, visit) => this.#health(context, visit));
    if (this.#options.metrics !== undefined) add("GET", "/metrics", (context, visit) => this.#metrics(context, visit));
    add("GET", "/assets/:name", ({ req }, visit) => this.#asset(req.raw, req.param("name") ?? "", visit));
    add("GET", "/terminal/:id", async (_, visit) => (await this.#page()).terminal(visit.scheme === "https"));
    add("GET", "/manifest.webmanifest", async (_, visit) => (await this.#page()).manifest(visit.scheme === "https"));
    add("GET", "/service_worker.js", async (_, visit) => (await this.#page()).serviceWorker(visit.scheme === "https"));
    for (const path of PAGES) {
      add("GET", path, async (_, visit) => (await this.#page()).document(visit.scheme === "https"));
    }
    // Paths without parameters first: a pattern may match them, too, and whoever asks wants to know all methods.
    const paths = [...methods].sort(([a], [b]) => Number(a.includes(":")) - Number(b.includes(":")));
    for (const [path] of paths) {
      const allowed = paths.filter(([pattern]) => matches(pattern, path)).flatMap(([, each]) => each);
      hono.all(`${base}${path}`, ({ req, env }) => wrongMethod(req.method, path, allowed, env.visit));
    }
  }

  /** Tells a client about an error. */
  fail(error: unknown, visit: Visit): Response {
    const { kind, message, retryAfterSeconds, isBug } = failureOf(error);
    if (isBug) this.#options.operations.log.error(`a request failed: ${failureText(error)}`);
    const status = error instanceof BodyError ? error.status : FAILURE_CODES[kind].http;
    const headers: HeaderList = retryAfterSeconds === undefined ? [] : [["retry-after", `${retryAfterSeconds}`]];
    return problem({ status, detail: message, headers }, visit);
  }

  /** Loads the page when the first browser asks: its files occupy memory. */
  #page(): Promise<Page> {
    this.#loadedPage ??= importLate<typeof import("./page.ts")>(import.meta.resolve("./page.ts")).then(({ Page }) =>
      new Page(this.#options.basePath, this.#options.hasPassword)
    );
    return this.#loadedPage;
  }

  async #asset(request: Request, name: string, visit: Visit): Promise<Response> {
    const found = (await this.#page()).asset(name, request, visit.scheme === "https");
    return found ?? problem({ status: 404, detail: `there is no file ${JSON.stringify(name)}` }, visit);
  }

  async #openApi({ req: { raw } }: Context<Env>, visit: Visit): Promise<Response> {
    const admission = this.#options.gate.admit(raw, visit, false);
    if ("status" in admission) return problem(admission, visit);
    checkParams(nothing, readNothing({}, queryOf(raw), undefined));
    const { openApiDocument } = await importLate<typeof import("./openapi.ts")>(import.meta.resolve("./openapi.ts"));
    return new Response(JSON.stringify(openApiDocument(this.#options.basePath)), {
      headers: dataHeaders(visit.scheme === "https", undefined, cookieHeaders(admission.cookie)),
    });
  }

  async #health({ req: { raw } }: Context<Env>, visit: Visit): Promise<Response> {
    const { gate, operations } = this.#options;
    const admission = gate.admit(raw, visit, false);
    const [more, cookie] = "status" in admission ? [{}] : [await operations.hub.status(), admission.cookie];
    const headers = dataHeaders(visit.scheme === "https", undefined, cookieHeaders(cookie));
    return new Response(JSON.stringify({ status: "ok", ...more }), { headers });
  }

  #metrics({ req: { raw } }: Context<Env>, visit: Visit): Response {
    const { metrics } = this.#options;
    const token = /^Bearer +(\S+)$/i.exec(raw.headers.get("authorization") ?? "")?.[1] ?? "";
    if (metrics === undefined || !metrics.isToken(token)) {
      const headers: HeaderList = [["www-authenticate", 'Bearer realm="claustrum metrics"']];
      return problem({ status: 401, detail: "metrics need the token of metrics.token as a bearer", headers }, visit);
    }
    return new Response(metrics.text(), {
      headers: dataHeaders(visit.scheme === "https", "text/plain; version=0.0.4; charset=utf-8"),
    });
  }
}

function problem(problem: Problem, { scheme }: Visit): Response {
  return problemResponse(problem, scheme === "https");
}

/** Whether a pattern with parameters matches a path; a path that has parameters itself matches none but itself. */
function matches(pattern: string, path: string): boolean {
  if (pattern === path) return true;
  const [parts, wanted] = [path.split("/"), pattern.split("/")];
  return !path.includes(":") && parts.length === wanted.length &&
    wanted.every((part, i) => part.startsWith(":") || part === parts[i]);
}

function wrongMethod(method: string, path: string, allowed: readonly string[], visit: Visit): Response {
  const allow = allowed.join(", ");
  return problem({ status: 405, detail: `${path} takes ${allow}, not ${method}`, headers: [["allow", allow]] }, visit);
}

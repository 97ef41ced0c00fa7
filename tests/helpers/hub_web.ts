import type { Hosts } from "../../lib/hub/hosts/hosts.ts";
import { Access } from "../../lib/hub/access/access.ts";
import { resolveHubConfig } from "../../lib/hub/config.ts";
import { serveWeb } from "../../lib/hub/http/serve_web.ts";
import type { HubNotice } from "../../lib/hub/hub_client.ts";
import { LiveFeed } from "../../lib/hub/live_feed.ts";
import type { OperationContext } from "../../lib/hub/operation.ts";
import type { HubStatus } from "../../lib/hub/operation_types.ts";
import { startPush } from "../../lib/hub/push/start_push.ts";
import { tokenChecker } from "../../lib/rpc/dispatch.ts";
import { Store } from "../../lib/store/store.ts";
import { type Clock, systemClock } from "../../lib/system/clock.ts";
import { createLogger } from "../../lib/system/log.ts";
import type { Topics } from "../../lib/system/topics.ts";
import { certificate } from "./certificate.ts";
import { connectLive, type LiveClient } from "./live_client.ts";
import { MemoryRemote } from "./memory_remote.ts";
import { MemorySessions } from "./memory_sessions.ts";
import { noHosts } from "./no_hosts.ts";
import { idleProjects } from "./projects.ts";
import { rawExchange, type RawReply } from "./raw_http.ts";
import { tempDir } from "./temp.ts";

/** What a response contains. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** The headers of a request. */
export type RequestHeaders = Record<string, string>;

/** A request. */
export interface WebRequest {
  /** @default {"GET"} */
  readonly method?: string;
  readonly headers?: RequestHeaders;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: BodyInit;
}

/** A response that has been read. */
export interface WebReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; `undefined` if it is none. */
  readonly json: Json;
}

/** A browser that has signed in. */
export interface SignedInBrowser {
  /** The `Set-Cookie` header. */
  readonly setCookie: string;
  /** The `Cookie` header that the browser sends. */
  readonly cookie: string;
  readonly pageKey: string;
  /** The headers that our page sends. */
  readonly headers: RequestHeaders;
  /** What the hub answered. */
  readonly json: Json;
}

/** Options of {@linkcode hubWeb}. */
export interface HubWebOptions {
  /** @default {one session, `s`} */
  readonly sessions?: MemorySessions;
  /** @default {no instances} */
  readonly remote?: MemoryRemote;
  /** More of `hub.toml`, after `listen`. */
  readonly config?: string;
  /** Whether it serves https. @default {false} */
  readonly isTls?: boolean;
  readonly clock?: Clock;
}

/** A hub's web address in this program. */
export interface TestHubWeb extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40000`, with the base path. */
  readonly url: string;
  /** Such as `http://127.0.0.1:40000`. */
  readonly origin: string;
  readonly port: number;
  /** The certificate, with https. */
  readonly certificate: string | undefined;
  /** The hub's token. */
  readonly token: string;
  /** The header of who has the hub's token. */
  readonly owner: RequestHeaders;
  readonly sessions: MemorySessions;
  readonly access: Access;
  readonly store: Store;
  /** The other machines that it shows. */
  readonly hosts: Hosts;
  /** What happens in its sessions. */
  readonly feed: LiveFeed;
  /** What its operations work with. */
  readonly operations: Omit<OperationContext, "caller">;
  /** Who is told what happens besides sessions. */
  readonly topics: Topics<HubNotice>;
  /** The home directory, where the agent CLI would keep its files. */
  readonly home: string;
  log(): string;
  /** Sends a request and reads the response. The path is added to the URL. */
  request(path: string, request?: WebRequest): Promise<WebReply>;
  /** Sends a request; the response is not read. */
  open(path: string, request?: WebRequest): Promise<Response>;
  /** Sends a request as the client writes it, byte for byte, and reads what comes back. Not for https. */
  raw(request: string | readonly (string | Uint8Array)[]): Promise<RawReply>;
  /** Signs a browser in. */
  signIn(credentials: object, headers?: RequestHeaders): Promise<SignedInBrowser>;
  /** Makes an API token; returns its header. */
  apiToken(name: string, isReadOnly?: boolean): RequestHeaders;
  /** Opens a WebSocket. */
  live(path: string, headers?: RequestHeaders): Promise<LiveClient>;
  /** Stops to serve; what the test looks at stays. */
  stop(): Promise<void>;
}

const TOKEN = "test-token-of-the-hub";

/** Serves sessions at a web address with a free port of loopback. */
export async function hubWeb(options: HubWebOptions = {}): Promise<TestHubWeb> {
  const { config: more = "", isTls = false, clock = systemClock, sessions = oneSession() } = options;
  const { remote = new MemoryRemote() } = options;
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await tempDir());
  const { cert, key } = isTls ? await certificate() : {};
  const tls = isTls ? await writeTlsFiles(directory.path, cert!, key!) : "";
  const file = `${directory.path}/hub.toml`;
  await Deno.writeTextFile(file, `listen = "127.0.0.1:0"\n${tls}${more}`);
  const { config } = await resolveHubConfig({ file, env: new Map() });
  let log = "";
  const store = Store.open(":memory:");
  starting.defer(() => store.close());
  const access = starting.use(
    new Access({ store, auth: config.auth, isHubToken: tokenChecker(TOKEN), clock }),
  );
  const idle = starting.use(idleProjects(sessions, config.projects.root, directory.path));
  const { projects, clones, usage, history, topics } = idle;
  const logger = createLogger({ level: "debug", write: (line) => void (log += line) });
  const push = starting.use(await startPush({ config: config.push, sessions, store, clock, log: logger }));
  const hosts = starting.use(
    noHosts(store, directory.path, {
      ...{ sessions, log: logger },
      onRemembered: (name, had) => push.rememberHost(name, had),
      onMessage: (name, message) => push.takeHost(name, message),
      onChange: (host) => topics.publish({ topic: "hosts", host }),
      onRemoved: (name) => push.forgetHost(name),
    }),
  );
  const feed = starting.use(new LiveFeed(sessions, topics, hosts));
  const operations = {
    sessions,
    hosts,
    projects,
    clones,
    usage,
    history,
    remote,
    store,
    access,
    push,
    hub: {
      status: () => Promise.resolve(statusOf(access.url)),
      config: () => ({ values: [{ key: "name", value: "here", source: "default" }] }),
      doctor: () => Promise.resolve([{ name: "hub", status: "ok" as const, message: "it runs" }]),
      stopSoon: () => {},
    },
    clock,
    log: logger,
  };
  const server = await serveWeb({ config, feed, operations });
  if (server === undefined) throw new Error("the configuration names no web address");
  let stopping: Promise<void> | undefined;
  const stop = () => stopping ??= (async () => await server[Symbol.asyncDispose]())();
  starting.defer(stop);
  const { url } = server;
  const { origin, port } = new URL(url);
  const client = starting.use(Deno.createHttpClient({ caCerts: cert === undefined ? [] : [cert] }));
  const open = (path: string, { method = "GET", headers = {}, json, body }: WebRequest = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json);
    return fetch(`${url}${path}`, {
      method,
      headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
      redirect: "manual",
      client,
      ...(sent === undefined ? {} : { body: sent }),
    });
  };
  const request = async (path: string, options?: WebRequest) => await readReply(await open(path, options));
  const parts = starting.move();
  return {
    url,
    origin,
    port: Number(port),
    certificate: cert,
    token: TOKEN,
    owner: { authorization: `Bearer ${TOKEN}` },
    sessions,
    access,
    store,
    hosts,
    feed,
    operations,
    topics,
    home: directory.path,
    log: () => log,
    open,
    request,
    raw: (text) => rawExchange(Number(port), text),
    async signIn(credentials, headers = {}) {
      const { status, headers: received, json, text } = await request("/api/sign-in", {
        method: "POST",
        json: credentials,
        headers: { origin, ...headers },
      });
      if (status !== 200) throw new Error(`cannot sign in: ${status} ${text}`);
      const setCookie = received.get("set-cookie") ?? "";
      const [cookie = ""] = setCookie.split(";");
      const pageKey = String(json.page_key);
      return { setCookie, cookie, pageKey, headers: { cookie, origin, "x-claustrum-page": pageKey }, json };
    },
    apiToken(name, isReadOnly = false) {
      return { authorization: `Bearer ${access.createToken(name, isReadOnly).token}` };
    },
    live: (path, headers = {}) => connectLive(`${url.replace(/^http/, "ws")}${path}`, headers),
    stop,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function oneSession(): MemorySessions {
  const sessions = new MemorySessions();
  sessions.create("s");
  return sessions;
}

async function readReply(response: Response): Promise<WebReply> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function writeTlsFiles(directory: string, cert: string, key: string): Promise<string> {
  await Deno.writeTextFile(`${directory}/cert.pem`, cert);
  await Deno.writeTextFile(`${directory}/key.pem`, key, { mode: 0o600 });
  return `tls.cert_file = "${directory}/cert.pem"\ntls.key_file = "${directory}/key.pem"\n`;
}

function statusOf(url: string | undefined): HubStatus {
  return {
    name: "here",
    version: "test",
    pid: Deno.pid,
    uptime_seconds: 1,
    ...(url === undefined ? {} : { url }),
    socket: "/nonexistent/hub.sock",
    daemon: { running: true, socket: "/nonexistent" },
    sessions: { idle: 1 },
    last_event: 0,
  };
}

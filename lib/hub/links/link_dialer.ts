/**
 * Dials a hub that shows this one, and lets it work here: with the rights of the user, but for what each hub decides for
 * itself.
 *
 * @module
 */

import { ClaustrumError } from "../../system/claustrum_error.ts";
import type { Clock } from "../../system/clock.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import type { ByteStream } from "../../system/io.ts";
import type { Logger } from "../../system/log.ts";
import { CLOSE } from "../http/close_codes.ts";
import type { HubLink } from "../operation_types.ts";
import { type LinkConfig, linkName } from "./link_config.ts";
import { type LinkEnd, LinkSocket } from "./link_socket.ts";

/** The first and the longest pause between two attempts, in milliseconds. */
const BACKOFF_MS = { first: 100, longest: 60_000 };
/** How long a hub may take to accept, in milliseconds. */
const OPEN_MS = 10_000;
/** The longest file of a key, in bytes. */
const MAX_KEY_BYTES = 4_096;

/** Options of {@linkcode LinkDialer}. */
export interface LinkDialerOptions {
  /** The hub to dial. */
  readonly link: LinkConfig;
  /** Serves a connection that the hub opens. */
  readonly serve: (stream: ByteStream, link: LinkConfig) => void;
  /** The source of time. */
  readonly clock: Clock;
  /** The log of this hub. */
  readonly log: Logger;
  /** Returns a random number in [0, 1), which varies the pauses. */
  readonly random?: () => number;
}

/** Why no link was made. */
class LinkFailure extends ClaustrumError {
  /** Whether a person has to do something. */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal: boolean) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** See the module comment. */
export class LinkDialer implements AsyncDisposable {
  readonly #options: LinkDialerOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #status: HubLink;
  #backoff = BACKOFF_MS.first;

  /** Dials from now on. */
  constructor(options: LinkDialerOptions) {
    this.#options = options;
    this.#status = { url: options.link.url, status: "connecting", since: timeText(options.clock) };
    this.#running = this.#run();
  }

  /** How it goes. */
  get status(): HubLink {
    return this.#status;
  }

  /** Ends the link. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let isRefused: boolean;
      try {
        isRefused = await this.#connect();
      } catch (error) {
        if (signal.aborted) return;
        isRefused = this.#noteFailure(error);
      }
      if (!signal.aborted) await this.#pause(isRefused);
    }
  }

  /** Makes the link, and waits for its end; returns whether a person has to do something then. */
  async #connect(): Promise<boolean> {
    const { link, serve, clock, log } = this.#options;
    const { signal } = this.#closing;
    const name = linkName(link);
    // The first message may come in the same moment as the connection, so that it is listened to before.
    const listen = (socket: WebSocket) =>
      new LinkSocket(socket, {
        accept: (stream) => {
          // It is the hub that was wanted, and works.
          this.#backoff = BACKOFF_MS.first;
          serve(stream, link);
        },
        onNotice: (text) => log.warn(`[links] ${name} says: ${text}`),
        clock,
      });
    const made = await openLink(link, listen, clock, signal);
    const end = () => made.close(CLOSE.goingAway, "the hub of the host stops");
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    else this.#note("up");
    const ended = await made.closed;
    signal.removeEventListener("abort", end);
    if (signal.aborted) return false;
    return this.#noteEnd(ended);
  }

  #noteEnd({ code, reason }: LinkEnd): boolean {
    const isRefused = code === CLOSE.replaced || code === CLOSE.policy;
    this.#note(isRefused ? "refused" : "offline", `the connection was lost${reason === "" ? "" : `: ${reason}`}`);
    return isRefused;
  }

  /** An error that nobody expects keeps a hub from dialing for a minute, and not from working. */
  #noteFailure(error: unknown): boolean {
    const isRefused = !(error instanceof LinkFailure) || error.isRefusal;
    if (!(error instanceof LinkFailure)) this.#options.log.error(`[bug] a link failed: ${Deno.inspect(error)}`);
    this.#note(isRefused ? "refused" : "offline", error instanceof Error ? error.message : String(error));
    return isRefused;
  }

  #note(status: HubLink["status"], reason?: string): void {
    const { link, clock, log } = this.#options;
    const [name, before] = [linkName(link), this.#status];
    const since = before.status === status ? before.since : timeText(clock);
    this.#status = { url: link.url, status, ...(reason === undefined ? {} : { reason }), since };
    if (status === "up") return log.info(`[links] ${name}: up`);
    // A hub that is away for days does not fill the log.
    if (before.status === status && before.reason === reason) return;
    log.warn(`[links] ${name}: ${status}: ${reason}`);
  }

  /** Waits until it makes sense to try again. */
  async #pause(isRefused: boolean): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#closing;
    const most = isRefused ? BACKOFF_MS.longest : this.#backoff;
    const cancel = clock.after(most * (0.5 + random()), resolve);
    const wake = () => resolve();
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    signal.removeEventListener("abort", wake);
    cancel();
    this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MS.longest);
  }
}

async function openLink(
  link: LinkConfig,
  listen: (socket: WebSocket) => LinkSocket,
  clock: Clock,
  signal: AbortSignal,
): Promise<LinkSocket> {
  const key = (await readText("key_file", link.keyFile)).trim();
  if (key === "" || key.length > MAX_KEY_BYTES || !/^[!-~]+$/.test(key)) {
    throw new LinkFailure(`key_file: ${link.keyFile} contains no key`, true);
  }
  using client = link.caFile === undefined ? undefined : await trusting(link.caFile);
  const socket = newWebSocket(link, key, client);
  const made = listen(socket);
  const { promise, resolve, reject } = Promise.withResolvers<LinkSocket>();
  const cancel = clock.after(OPEN_MS, () => reject(new LinkFailure("the hub does not answer in time", false)));
  const abort = () => reject(new LinkFailure("the hub of the host stops", false));
  signal.addEventListener("abort", abort, { once: true });
  socket.addEventListener("open", () => resolve(made), { once: true });
  socket.addEventListener("error", (event) => {
    reject(failureOf(event instanceof ErrorEvent ? event.message : "", link));
  }, { once: true });
  try {
    if (signal.aborted) abort();
    return await promise;
  } catch (error) {
    made.close(CLOSE.normal, "");
    // One that is not open yet never may be.
    socket.close();
    throw error;
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

function newWebSocket({ url }: LinkConfig, key: string, client: Deno.HttpClient | undefined): WebSocket {
  try {
    return new WebSocket(url, { headers: { "X-API-Key": key }, ...(client === undefined ? {} : { client }) });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const advice = "restart it with claustrum hub stop and hub start; a service has to be written again";
    throw new LinkFailure(`this hub was started without permission for that address: ${advice}`, true);
  }
}

async function trusting(path: string): Promise<Deno.HttpClient> {
  const certificate = await readText("ca_file", path);
  const failure = new LinkFailure(`ca_file: ${path} contains no certificate in the PEM format`, true);
  if (!certificate.includes("-----BEGIN CERTIFICATE-----")) throw failure;
  try {
    return Deno.createHttpClient({ caCerts: [certificate] });
  } catch (error) {
    // The runtime has no error of its own for a certificate that is damaged.
    if (error instanceof Error) throw failure;
    throw error;
  }
}

function timeText(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}

/** What the hub says when it does not accept; the runtime tells the status in the message alone. */
function failureOf(message: string, { url }: LinkConfig): LinkFailure {
  const status = /Invalid status code: (\d{3})/.exec(message)?.[1];
  switch (status) {
    case "401":
      return new LinkFailure("the hub does not know the key: it is wrong, or was revoked", true);
    case "403":
      return new LinkFailure("the hub refuses the connection", true);
    case "404":
      return new LinkFailure(`there is no hub at ${url}, or it is too old for links`, true);
    case "421":
      return new LinkFailure(`the hub is not called ${new URL(url).host}: see auth.allowed_hosts there`, true);
    case "429":
      return new LinkFailure("the hub refuses the key for some time, after wrong ones", true);
    case undefined: {
      const isUntrusted = /certificate|UnknownIssuer|NotValidForName/i.test(message);
      return new LinkFailure(message.replace(/^NetworkError: failed to connect to WebSocket: /, ""), isUntrusted);
    }
    default:
      return new LinkFailure(`the hub answers with the status ${status}`, false);
  }
}

async function readText(key: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new LinkFailure(`${key}: cannot read ${path}: ${errnoText(error)}`, true);
  }
}

import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import { plainEnvironment } from "./daemon.ts";
import { tempDir } from "./temp.ts";
import { soon } from "./wait.ts";

const PROGRAM = new URL("../programs/web_hub.ts", import.meta.url).pathname;

/** The id of the session that every hub of these has. */
export const SESSION = "s";
/** The id of another one. */
export const OTHER_SESSION = "other";
/** What only who has signed in may see: it is in the name and in the events of the session. */
export const SECRET = "only-who-has-signed-in-may-see-this";
/** The prompt that adds events to a session, as {@linkcode addEvents} makes it. */
export const ADD_EVENTS = /^add (\d+) events of (\d+) bytes, (\d+) every (\d+) ms$/;

/** Which events to add. */
export interface EventsToAdd {
  readonly count: number;
  /** How large their text is, in bytes. @default {200} */
  readonly bytes?: number;
  /** How many to add at once. @default {1} */
  readonly burst?: number;
  /** How long to wait before the next ones, in milliseconds; 0 for a turn of the event loop. @default {0} */
  readonly pause?: number;
}

/** Returns the prompt that adds events to a session. Their `at_ms` is the time of {@linkcode wallTime} at which they were made. */
export function addEvents({ count, bytes = 200, burst = 1, pause = 0 }: EventsToAdd): string {
  return `add ${count} events of ${bytes} bytes, ${burst} every ${pause} ms`;
}

/** Returns the time in milliseconds, with fractions. */
export function wallTime(): number {
  return performance.timeOrigin + performance.now();
}

/** A hub in a process of its own, whose sessions are in memory. */
export interface HubProcess extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40000`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The hub's token. */
  readonly token: string;
  /** The directory of its files. */
  readonly state: string;
  /** What it has logged, but that no daemon runs. */
  log(): string;
  /** Connects to its socket. */
  connect(): Promise<HubClient>;
  /** Stops it; returns the exit code. */
  stop(): Promise<number>;
}

/** What a hub logs that finds no daemon. */
const NO_DAEMON = /^.* ERROR \[daemon\] none can be reached on .*\n/gm;

/**
 * Starts a hub.
 *
 * @param env More variables, such as `CLAUSTRUM_AUTH_PASSWORD_HASH`.
 * @param maxFiles How many files it may have open; without it, as many as this program.
 */
export async function startHubProcess(
  env: Readonly<Record<string, string>> = {},
  maxFiles?: number,
): Promise<HubProcess> {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(await tempDir());
  const state = `${directory.path}/state`;
  const limit = maxFiles === undefined ? "" : `ulimit -n ${maxFiles} && `;
  const child = new Deno.Command("sh", {
    args: ["-c", `${limit}exec "$@"`, "sh", Deno.execPath(), "run", "--quiet", "--no-prompt", "-A", PROGRAM, state],
    env: { ...plainEnvironment(directory.path), CLAUSTRUM_LOG_LEVEL: "warn", ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let log = "";
  const logged = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (log += text) }),
  );
  let hasEnded = false;
  const status = child.status.then((ended) => {
    hasEnded = true;
    return ended;
  });
  const stop = async () => {
    if (!hasEnded) child.kill("SIGTERM");
    const [{ code }] = await soon("the hub to end", Promise.all([status, logged]));
    return code;
  };
  starting.defer(async () => void await stop());
  // It prints one line when it listens.
  const lines = child.stdout.getReader();
  starting.defer(() => lines.cancel());
  if ((await soon("the hub to listen", lines.read())).done) throw new Error(`the hub has ended: ${log}`);
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  const connect = () => connectHub({ socket: `${state}/hub.sock`, token });
  const url = await urlOf(await connect());
  const parts = starting.move();
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    token,
    state,
    log: () => log.replaceAll(NO_DAEMON, ""),
    connect,
    stop,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function urlOf(client: HubClient): Promise<string> {
  await using used = client;
  const { url } = await used.call("hub.status", {});
  if (url === undefined) throw new Error("the hub has no web address");
  return url;
}

import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { plainEnvironment } from "./daemon.ts";
import { tempDir } from "./temp.ts";
import { soon, waitFor } from "./wait.ts";

const PROGRAM = new URL("../programs/web_hub.ts", import.meta.url).pathname;

/** The id of the session that every hub of these has. */
export const SESSION = "s";
/** What only who has signed in may see: it is in the name and in the events of the session. */
export const SECRET = "only-who-has-signed-in-may-see-this";
/** The prompt that adds events to a session; they contain the time at which they were made, in milliseconds. */
export const ADD_EVENTS = /^add (\d+) events(?:, (\d+) in a turn)?$/;

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
  log(): string;
  /** Connects to its socket. */
  connect(): Promise<HubClient>;
  /** Stops it; returns the exit code. */
  stop(): Promise<number>;
}

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
    stdout: "null",
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
  await waitFor("the hub to listen", async () => hasEnded || await isThere(`${state}/hub.sock`));
  if (hasEnded) throw new Error(`the hub has ended: ${log}`);
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  const connect = () => connectHub({ socket: `${state}/hub.sock`, token });
  const url = await urlOf(connect);
  const parts = starting.move();
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    token,
    state,
    log: () => log,
    connect,
    stop,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** The socket is there a moment before the web address. */
async function urlOf(connect: () => Promise<HubClient>): Promise<string> {
  await using client = await connect();
  return await waitFor("the web address", async () => (await client.call("hub.status", {})).url);
}

import { readLockRecord } from "../../lib/system/lock_file.ts";
import { LineClient } from "./line_client.ts";
import { tempDir } from "./temp.ts";
import { isAlive, waitFor } from "./wait.ts";

/** The main module of claustrum. */
export const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** A daemon in a separate process, with its socket in a temporary directory. */
export interface TestDaemon extends AsyncDisposable {
  readonly directory: string;
  readonly socket: string;
  readonly token: string;
  readonly pid: number;
  connect(): Promise<LineClient>;
  /** Returns the log so far. */
  log(): string;
  /** Waits until it has ended by itself, and returns its exit code. */
  ended(): Promise<number>;
  /** Ends the daemon by a signal, unless it has ended, and returns its exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/** Options of {@linkcode startDaemon}. */
export interface TestDaemonOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly token?: string;
  readonly flags?: readonly string[];
  /** Additional addresses that the daemon may listen on. */
  readonly allowNet?: string;
}

/** Returns environment variables with which a daemon behaves the same on every machine. */
export function plainEnvironment(directory: string): Record<string, string> {
  return {
    HOME: directory,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    // As a login shell it prints no PATH and exits at once, so child processes get the PATH above.
    SHELL: "/bin/true",
    DENO_DIR: denoDir(),
    NO_COLOR: "1",
  };
}

function denoDir(): string {
  const known = Deno.env.get("DENO_DIR");
  if (known !== undefined) return known;
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`}/deno`;
}

/** Starts a daemon in the foreground and waits until it listens. */
export async function startDaemon(options: TestDaemonOptions = {}): Promise<TestDaemon> {
  const { token = "test-token", env = {}, cwd, flags = [], allowNet } = options;
  const directory = await tempDir();
  const socket = `${directory.path}/rpc.sock`;
  await Deno.writeTextFile(`${directory.path}/token`, token);
  const permissions = ["read", "write", "run", "env", "sys"].map((name) => `--allow-${name}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--unstable-worker-options",
      ...permissions,
      `--allow-net=unix:${socket}${allowNet === undefined ? "" : `,${allowNet}`}`,
      CLI,
      "serve",
    ]
      .concat(["--foreground", "--socket", socket, "--token-file", `${directory.path}/token`], flags),
    // The launcher also sets this; it allows the daemon to start workers with fewer permissions.
    env: { ...plainEnvironment(directory.path), CLAUSTRUM_DAEMON_CHILD: "1", ...env },
    clearEnv: true,
    ...(cwd === undefined ? {} : { cwd }),
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
  await waitFor(`the daemon to listen: ${log}`, () => {
    if (hasEnded) throw new Error(`the daemon died: ${log}`);
    return readLockRecord(`${directory.path}/daemon.lock`) !== undefined;
  });
  const stop = async (signal: Deno.Signal = "SIGTERM") => {
    if (!hasEnded && isAlive(child.pid)) child.kill(signal);
    return await ended();
  };
  const ended = async () => {
    const { code } = await status;
    await logged;
    return code;
  };
  return {
    directory: directory.path,
    socket,
    token,
    pid: child.pid,
    ended,
    connect: () => LineClient.connect(socket, token),
    log: () => log,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

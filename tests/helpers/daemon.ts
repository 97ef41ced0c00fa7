import { readLockRecord } from "../../lib/system/lock_file.ts";
import { LineClient } from "./line_client.ts";
import { tempDir } from "./temp.ts";
import { waitFor } from "./wait.ts";

/** The program, from source. */
export const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** A real daemon in a process of its own, on a socket in a directory of its own. */
export interface TestDaemon extends AsyncDisposable {
  readonly directory: string;
  readonly socket: string;
  readonly token: string;
  readonly pid: number;
  connect(): Promise<LineClient>;
  /** What it has logged so far. */
  log(): string;
  /** Ends it, by signal unless it has ended, and gives its exit code. */
  stop(signal?: Deno.Signal): Promise<number>;
}

/** What a test may want otherwise. */
export interface TestDaemonOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly token?: string;
  readonly flags?: readonly string[];
  /** More that it may listen on. */
  readonly allowNet?: string;
}

/** The variables that make a daemon the same on every machine. */
export function plainEnvironment(directory: string): Record<string, string> {
  return {
    HOME: directory,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    // A shell that tells no PATH, at once: children keep the one above.
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

/** Starts a daemon in the foreground and waits until it says that it listens. */
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
    // What the launcher says, too: that workers may be narrowed.
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
    if (!hasEnded) child.kill(signal);
    const { code } = await status;
    await logged;
    return code;
  };
  return {
    directory: directory.path,
    socket,
    token,
    pid: child.pid,
    connect: () => LineClient.connect(socket, token),
    log: () => log,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

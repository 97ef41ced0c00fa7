/**
 * What all rows measure with: daemons, yardsticks, a fast client and a temporary directory.
 *
 * @module
 */

import { CLI } from "../helpers/daemon.ts";

const HERE = new URL("./", import.meta.url).pathname;

/** A program or package that a yardstick needs is not installed. */
export class MissingError extends Error {
  override name = "MissingError";
}

/** The exit code of a shell that does not find a command. */
const NOT_FOUND_CODE = 127;

/** A server that listens on a socket. */
export interface Server extends AsyncDisposable {
  readonly socket: string;
  readonly pid: number;
}

/** The figures that the client reports. */
export type Report = Readonly<Record<string, number>>;

/** The resources of one run, which its disposal removes. */
export interface Bench extends AsyncDisposable {
  readonly directory: string;
  /** Returns a new path for a socket. */
  socketPath(): string;
  /** Starts a daemon in the foreground; if pinned, on the same core as the client. */
  daemon(flags?: readonly string[], options?: { readonly pinned?: boolean }): Promise<Server>;
  /** Starts a server of `yardsticks/`. */
  yardstick(script: string, args?: readonly string[], options?: { readonly pinned?: boolean }): Promise<Server>;
  /** Runs the client. */
  client(target: string, args: readonly string[], options?: { readonly pinned?: boolean }): Promise<Report>;
  /** The command line of the program that writes TOTAL bytes in pieces of SIZE, without these arguments. */
  readonly writer: readonly string[];
  /** Installs the npm packages of the yardsticks and returns their directory. */
  packages(): Promise<string>;
  /** The command line of claustrum, without arguments. */
  readonly claustrum: readonly string[];
}

/** The token of every daemon of the benchmark, as long as a real one. */
export const TOKEN = "0123456789abcdef".repeat(4);

/** Returns a request line. */
export function requestLine(id: number | string, method: string, params?: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params, auth: TOKEN }) + "\n";
}

const PINNED = ["taskset", "-c", "1"];

/** Waits until a program listens on a socket. It is not connected to: some servers take one connection alone. */
export async function waitForSocket(path: string): Promise<void> {
  while (!await isListening(path)) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Whether the system marks the socket as one that takes connections; it is there a moment before that. */
async function isListening(path: string): Promise<boolean> {
  const lines = (await Deno.readTextFile("/proc/net/unix")).split("\n");
  return lines.some((line) => line.endsWith(` ${path}`) && line.split(" ")[3] === "00010000");
}

/** Returns a function that starts a resource when it is first called, and then returns the same one. */
export function startOnce<T extends AsyncDisposable>(
  stack: AsyncDisposableStack,
  start: () => Promise<T>,
): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => started ??= start().then((value) => stack.use(value));
}

/** Creates the resources of a run. */
export async function createBench(): Promise<Bench> {
  const directory = await Deno.makeTempDir({ dir: "/tmp", prefix: "cl-bench-" });
  const client = await build("client", directory) ?? ["python3", `${HERE}client.py`];
  const writer = await build("writer", directory) ?? ["python3", "-c", PYTHON_WRITER];
  let sockets = 0;
  let packages: Promise<string> | undefined;
  const socketPath = () => `${directory}/s${sockets++}/rpc.sock`;
  const claustrum = [Deno.execPath(), "run", "--quiet", "-A", CLI];

  async function start(command: readonly string[], socket: string): Promise<Server> {
    await Deno.mkdir(socket.replace(/\/[^/]*$/, ""), { recursive: true });
    const [program, ...args] = command as [string, ...string[]];
    const stdio = { stdin: "null", stdout: "null", stderr: "null" } as const;
    const env = {
      NODE_PATH: packages === undefined ? "" : `${await packages}/node_modules`,
      SHELL: "/bin/true",
      CLAUSTRUM_DAEMON_CHILD: "1",
    };
    const child = new Deno.Command(program, { args, env, ...stdio }).spawn();
    await waitForSocket(socket);
    let hasEnded = false;
    const ended = child.status.then(() => hasEnded = true);
    return {
      socket,
      pid: child.pid,
      async [Symbol.asyncDispose]() {
        if (!hasEnded) child.kill("SIGTERM");
        await ended;
      },
    };
  }

  return {
    directory,
    socketPath,
    writer,
    claustrum,
    async daemon(flags = [], { pinned = false } = {}) {
      const socket = socketPath();
      const tokenFile = `${directory}/token${sockets}`;
      await Deno.writeTextFile(tokenFile, TOKEN);
      const permissions = ["read", "write", "run", "env", "sys"].map((name) => `--allow-${name}`);
      const command = [
        Deno.execPath(),
        "run",
        "--quiet",
        "--no-prompt",
        "--unstable-worker-options",
        ...permissions,
        `--allow-net=unix:${socket}`,
      ];
      const args = [CLI, "serve", "--foreground", "--socket", socket, "--token-file", tokenFile, ...flags];
      return await start([...(pinned ? PINNED : []), ...command, ...args], socket);
    },
    async yardstick(script, args = [], { pinned = false } = {}) {
      const socket = socketPath();
      return await start([...(pinned ? PINNED : []), "node", `${HERE}yardsticks/${script}`, socket, ...args], socket);
    },
    async client(target, args, { pinned = false } = {}) {
      return JSON.parse(await output([...(pinned ? PINNED : []), ...client, target, ...args]));
    },
    packages() {
      packages ??= installPackages(`${directory}/packages`);
      return packages;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(directory, { recursive: true });
    },
  };
}

const PYTHON_WRITER = "import os,sys\nt,s=int(sys.argv[1]),int(sys.argv[2])\np=b'x'*(s-1)+b'\\n'\n" +
  "while t>0: t-=os.write(1,p[:t])";

async function build(name: string, directory: string): Promise<string[] | undefined> {
  try {
    await output(["cc", "-O2", "-o", `${directory}/${name}`, `${HERE}${name}.c`]);
    return [`${directory}/${name}`];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function installPackages(directory: string): Promise<string> {
  await Deno.mkdir(directory);
  await Deno.writeTextFile(`${directory}/package.json`, "{}");
  const names = ["vscode-jsonrpc@8", "json-rpc-2.0@1", "pm2@6", "fastify@5.12.8", "express@5.3.0", "ws@8.23.0"];
  await output(["npm", "install", "--silent", "--prefix", directory, ...names]);
  return directory;
}

/** Runs a command and returns its output. */
export async function output(command: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  const { success, code, stdout, stderr } = await new Deno.Command(program, { args, env, stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (code === NOT_FOUND_CODE) throw new MissingError(decoder.decode(stderr).trim());
  if (!success) throw new Error(`${command.join(" ").slice(0, 200)}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Returns the command line of a one-line script in the same runtime, the yardstick of start times. */
export async function oneLineScript({ directory }: Bench): Promise<string[]> {
  const file = `${directory}/one_line.js`;
  await Deno.writeTextFile(file, 'console.log("1");\n');
  return [Deno.execPath(), "run", "--quiet", "--no-config", file];
}

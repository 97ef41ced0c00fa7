import { findProgram } from "./program.ts";
import { tempDir } from "./temp.ts";
import { waitFor } from "./wait.ts";

const PROGRAMS = ["nats-server", "/usr/sbin/nats-server"];

/** A NATS server on the loopback interface, with JetStream. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number;
  /** Such as `nats://127.0.0.1:40000`. */
  readonly url: string;
  readonly pid: number;
  /** Kills the server; what it has stored stays. */
  kill(): Promise<void>;
  /** Starts it again, under the same address, and waits until it answers. */
  start(): Promise<void>;
}

/** The members of a cluster. */
export interface ClusterMember {
  readonly name: string;
  /** The port for the other members. */
  readonly port: number;
  /** The ports of all members. */
  readonly routes: readonly number[];
}

/** Options of {@linkcode startNatsServer}. */
export interface NatsServerOptions {
  /** More lines of the configuration. */
  readonly lines?: string;
  /** The cluster that it belongs to. @default {none} */
  readonly cluster?: ClusterMember;
}

/** Whether a NATS server is installed. */
export function hasNats(): boolean {
  return PROGRAMS.some(findProgram);
}

/** Starts a server with an empty directory. */
export async function startNatsServer({ lines = "", cluster }: NatsServerOptions = {}): Promise<NatsServer> {
  await using undo = new AsyncDisposableStack();
  const { path } = undo.use(await tempDir());
  const port = freePort();
  const config = [
    `listen: "127.0.0.1:${port}"`,
    `jetstream: { store_dir: "${path}/store", max_file_store: 40GB }`,
    ...(cluster === undefined ? [] : [
      `server_name: "${cluster.name}"`,
      `cluster: { name: "test", listen: "127.0.0.1:${cluster.port}", routes: [${
        cluster.routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ")
      }] }`,
    ]),
    lines,
  ];
  await Deno.writeTextFile(`${path}/nats.conf`, config.join("\n") + "\n");
  let running: { readonly process: Deno.ChildProcess; readonly logged: Promise<void> } | undefined;
  const kill = async () => {
    if (running === undefined) return;
    const { process, logged } = running;
    running = undefined;
    process.kill("SIGKILL");
    await process.status;
    await logged;
  };
  const start = async () => {
    const program = PROGRAMS.map(findProgram).find((found) => found !== undefined) ?? "nats-server";
    const args = ["-c", `${path}/nats.conf`];
    const process = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
    let log = "";
    const logged = process.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({ write: (text) => void (log += text) }),
    );
    running = { process, logged };
    await waitFor(`the NATS server: ${log}`, () => {
      if (/\[FTL\]|nats-server: /.test(log)) throw new Error(log);
      return log.includes("Server is ready");
    });
  };
  undo.defer(kill);
  await start();
  const all = undo.move();
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      if (running === undefined) throw new Error("the NATS server does not run");
      return running.process.pid;
    },
    kill,
    start,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Returns a port that nothing listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

import { assertEquals } from "@std/assert";
import { hubFlags } from "../../lib/cli/hub_flags.ts";
import { resolveHubConfig } from "../../lib/hub/config.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const PROBE = new URL("../programs/permission_probe.ts", import.meta.url).pathname;

/** Addresses that the probe tries. Something listens on the daemon's socket and on the other ones. */
export interface ProbePlaces {
  readonly ownPort: number;
  readonly ownSocket: string;
  readonly daemonSocket: string;
  readonly otherPort: number;
  readonly otherSocket: string;
}

/** What the probe is to try. */
export interface ProbeRequest {
  readonly places: ProbePlaces;
  /** The names of the attempts. @default {all} */
  readonly wanted?: readonly string[];
}

/** What the hub may do; it may do nothing else of what the probe tries. */
const ALLOWED = [
  "listen on the web address",
  "listen on the hub's socket",
  "connect to the daemon's socket",
  "tell the name of the host",
  "tell the user's id",
  "read and write a file",
  "open a database",
];

/** What has nothing to do with the network. */
const REFUSED_BY_THE_PROFILE = [
  "run a program",
  "run a program with node:child_process",
  "signal another process",
  "load a library",
  "load a native module",
  "load an extension of SQLite",
  "tell the release of the system",
  "tell the load",
  "tell the network's interfaces",
  "tell the group's id",
  "tell the processors",
  "read another process's environment",
  "get more permissions",
];

/** Runs the probe with flags; returns what it may do, and what failed in another way. */
async function probe(
  directory: string,
  flags: (places: ProbePlaces) => Promise<readonly string[]>,
  wanted?: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  using listeners = new DisposableStack();
  const tcp = () => listeners.use(Deno.listen({ hostname: "127.0.0.1", port: 0 })).addr.port;
  const unix = (name: string) => {
    const path = `${directory}/${name}`;
    listeners.use(Deno.listen({ transport: "unix", path }));
    return path;
  };
  const places = {
    ownPort: freePort(),
    ownSocket: `${directory}/hub.sock`,
    daemonSocket: unix("daemon.sock"),
    otherPort: tcp(),
    otherSocket: unix("other.sock"),
  };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...await flags(places), PROBE, JSON.stringify({ places, wanted })],
    env: plainEnvironment(directory),
    clearEnv: true,
    stdin: "null",
  });
  const { stdout, stderr } = await soon("the probe", child.output());
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return JSON.parse(decoder.decode(stdout));
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Returns the attempts with an outcome. */
function withOutcome(outcomes: Readonly<Record<string, string>>, wanted: string): string[] {
  return Object.entries(outcomes).filter(([, outcome]) => outcome === wanted).map(([name]) => name);
}

Deno.test("hubFlags() let the hub use its own addresses, and nothing else", async () => {
  await using dir = await tempDir();
  const outcomes = await probe(dir.path, async ({ ownPort, ownSocket, daemonSocket }) => {
    const { config } = await resolveHubConfig({ env: new Map([["CLAUSTRUM_LISTEN", `127.0.0.1:${ownPort}`]]) });
    const program = { module: PROBE, needsConfig: false, modules: "one file" } as const;
    return hubFlags(program, { sockets: [ownSocket, daemonSocket], config });
  });
  assertEquals(withOutcome(outcomes, "ok"), ALLOWED);
  const others = Object.keys(outcomes).filter((name) => !ALLOWED.includes(name));
  assertEquals(withOutcome(outcomes, "refused"), others, JSON.stringify(outcomes, null, 2));
});

Deno.test("the profile of the hub lets it run nothing, load nothing, and see nothing of other processes", async () => {
  await using dir = await tempDir();
  const flags = ["-P=hub", `--config=${CONFIG}`, "--no-prompt", "--quiet"];
  const outcomes = await probe(dir.path, () => Promise.resolve(flags), [...ALLOWED, ...REFUSED_BY_THE_PROFILE]);
  assertEquals(withOutcome(outcomes, "ok"), ALLOWED);
  assertEquals(withOutcome(outcomes, "refused"), REFUSED_BY_THE_PROFILE, JSON.stringify(outcomes, null, 2));
});

Deno.test("a hub in the foreground needs no more than its profile", async () => {
  await using dir = await tempDir();
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-P=hub",
      "--no-prompt",
      "--quiet",
      CLI,
      "hub",
      "start",
      "--foreground",
      `--listen=127.0.0.1:${port}`,
    ],
    env: plainEnvironment(dir.path),
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.getReader();
  await soon("the hub to listen", lines.read());
  const response = await fetch(`http://127.0.0.1:${port}/healthz`);
  assertEquals(await response.json(), { status: "ok" });
  child.kill("SIGTERM");
  await lines.cancel();
  assertEquals((await child.status).code, 0);
});

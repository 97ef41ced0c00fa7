import { assert, assertEquals } from "@std/assert";
import { CLI, plainEnvironment, type TestDaemon } from "../helpers/daemon.ts";
import { waitFor } from "../helpers/wait.ts";

/** A script that echoes its stdin and reports the end of stdin and each signal. Only SIGKILL ends it. */
export const AGENT = `trap 'echo got HUP' HUP; trap 'echo got TERM' TERM; trap 'echo got INT' INT
exec 3<&0; (while read line; do echo "heard $line"; done; echo ended; kill -9 $$) <&3 &
echo ready; while :; do sleep 0.01; done`;

/** Returns a command line of claustrum, quoted for a shell. */
export function commandLine(daemon: TestDaemon, ...args: string[]): string {
  const variables = Object.entries(plainEnvironment(daemon.directory)).map(([name, value]) => `${name}='${value}'`);
  const [name, ...rest] = args;
  const words = [Deno.execPath(), "run", "-A", "--quiet", CLI, name!, "--socket", daemon.socket, ...rest];
  return `env ${variables.join(" ")} ${words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ")}`;
}

/** What a process is doing, and what it has printed. */
export interface State {
  readonly running: boolean;
  readonly attached: boolean;
  readonly output: string;
}

/** Asks the daemon for the state and the output of a process; `undefined` before it is started. */
export async function stateOf(daemon: TestDaemon, id: string): Promise<State | undefined> {
  using client = await daemon.connect();
  const { result } = await client.call("process.list", {});
  const found = (result!.processes as { id: string; running: boolean; attached: boolean }[]).find((p) => p.id === id);
  if (found === undefined) return undefined;
  const asked = await client.send("process.reattach", { id, observe: true });
  const frames = await client.until((message) => message.id === asked);
  return { ...found, output: frames.map(({ data = "" }) => atob(data)).join("") };
}

/** Waits until no client is attached. */
export async function detached(daemon: TestDaemon, id: string): Promise<State> {
  return await waitFor("all clients to detach", async () => {
    const state = await stateOf(daemon, id);
    return state?.attached === false ? state : undefined;
  });
}

/** Asserts that the agent still runs and answers, and received neither a signal nor the end of stdin. */
export async function assertUnharmed(daemon: TestDaemon, id: string): Promise<void> {
  assertEquals((await detached(daemon, id)).running, true);
  using client = await daemon.connect();
  await client.call("process.stdin", { id, data: btoa("still there?\n") });
  const state = await waitFor("an answer", async () => {
    const state = await stateOf(daemon, id);
    return state?.output.includes("heard still there?") ? state : undefined;
  });
  for (const harm of ["ended", "got"]) assert(!state.output.includes(harm), state.output);
  await client.call("process.killAndWait", { id, signal: "KILL" });
}

/** Starts the agent. */
export async function startAgent(daemon: TestDaemon, id: string): Promise<void> {
  using client = await daemon.connect();
  await client.call("process.spawn", { id, command: "sh", args: ["-c", AGENT] });
}

/** Waits until a client is attached and the process has printed `ready`. */
export async function attached(daemon: TestDaemon, id: string): Promise<void> {
  await waitFor("a client to be attached", async () => {
    const state = await stateOf(daemon, id);
    return state?.attached === true && state.output.includes("ready");
  });
}

/** Starts a program with a piped stdin, and discards its output. */
export function spawnQuietly(program: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "null", stderr: "null" }).spawn();
}

/** Starts a program with piped standard streams. */
export function spawnPiped(program: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
}

/** The arguments of a command that starts the agent as `job`, or attaches to it. */
export function agentArgs(name: "run" | "attach"): string[] {
  return name === "run" ? ["run", "--id", "job", "--", "sh", "-c", AGENT] : ["attach", "job"];
}

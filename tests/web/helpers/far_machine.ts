import { shellQuote } from "../../../lib/system/quote.ts";
import { type FarHost, farHost, type FarHostOptions } from "../../helpers/far_host.ts";
import { tempDir } from "../../helpers/temp.ts";
import { isAlive, waitFor } from "../../helpers/wait.ts";
import { startSession, type TestSession } from "./test_session.ts";
import type { WebHome } from "./web_home.ts";

/** The name of the machine, as the person's ssh configuration has it. */
export const BOX = "box";

/** Another machine, which `ssh box` reaches. */
export interface FarMachine {
  readonly far: FarHost;
  /** The environment variables with which a hub finds it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Other machines, which `ssh` reaches by their names. */
export interface FarMachines<N extends string> {
  readonly far: Readonly<Record<N, FarHost>>;
  /** The environment variables with which a hub finds them. */
  readonly env: Readonly<Record<string, string>>;
}

/** Prepares another machine. */
export async function farMachine(stack: AsyncDisposableStack): Promise<FarMachine> {
  const { far, env } = await farMachines(stack, { [BOX]: {} });
  return { far: far[BOX], env };
}

/**
 * Prepares other machines, whose agents are stand-ins.
 *
 * @param machines What is special about each one, by name.
 */
export async function farMachines<N extends string>(
  stack: AsyncDisposableStack,
  machines: Readonly<Record<N, FarHostOptions>>,
): Promise<FarMachines<N>> {
  const names = Object.keys(machines) as N[];
  const hosts = await Promise.all(
    names.map(async (name) => [name, await farHost({ hasAgent: true, ...machines[name] })] as const),
  );
  for (const [, host] of hosts) stack.use(host);
  return {
    far: Object.fromEntries(hosts) as Record<N, FarHost>,
    env: await sshByName(stack, Object.fromEntries(hosts)),
  };
}

/** A machine that `ssh` is to reach. */
type Reachable = Pick<FarHost, "port" | "options">;

/** Prepares an `ssh` that knows machines by name; returns the environment variables with which it is found. */
export async function sshByName(
  stack: AsyncDisposableStack,
  machines: Readonly<Record<string, Reachable>>,
): Promise<Readonly<Record<string, string>>> {
  const { path } = stack.use(await tempDir());
  const cases = Object.entries(machines).map(([name, { port, options }]) => {
    const all = [...options, "-o", "HostName=127.0.0.1", "-p", String(port)];
    return `${name}|*@${name}) exec /usr/bin/ssh ${all.map(shellQuote).join(" ")} "$@";;`;
  });
  const script = `#!/bin/sh\nfor word in "$@"; do case "$word" in\n${
    cases.join("\n")
  }\nesac; done\nexec /usr/bin/ssh "$@"\n`;
  await Deno.writeTextFile(`${path}/ssh`, script, { mode: 0o755 });
  return { PATH: `${path}:/usr/local/bin:/usr/bin:/bin` };
}

/** Has a hub show the machine, and waits until it is up. */
export async function addBox({ call }: WebHome): Promise<void> {
  const hosts = await call("hosts.list", {});
  if (hosts.length === 0) await call("hosts.add", { name: BOX, address: `ssh://${BOX}` });
  await waitFor("the host to be up", async () => (await call("hosts.get", { host_name: BOX })).state === "up");
}

/** Starts a session on the machine. */
export async function startThere(
  { call }: WebHome,
  { home }: FarHost,
  name: string,
  prompt?: string,
): Promise<TestSession> {
  const params = { host: BOX, ...(prompt === undefined ? {} : { prompt }) };
  return await startSession(call, `${home}/${name}`, name, params);
}

/** Ends the connections to the machine, as if the network were gone, and waits until they have ended. */
export async function cutLine(home: WebHome): Promise<void> {
  const { stdout } = await home.run(["ps", "--all", "--json"]);
  const processes: { readonly id: string; readonly pid: number; readonly running: boolean }[] = JSON.parse(stdout);
  for (const { pid } of processes.filter(({ id, running }) => running && id.startsWith("hub/ssh/"))) {
    Deno.kill(pid, "SIGKILL");
    await waitFor("the end of ssh", () => !isAlive(pid));
  }
}

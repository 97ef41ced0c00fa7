import { shellQuote } from "../../../lib/system/quote.ts";
import { type FarHost, farHost } from "../../helpers/far_host.ts";
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

/** Prepares another machine. */
export async function farMachine(stack: AsyncDisposableStack): Promise<FarMachine> {
  const far = stack.use(await farHost({ hasAgent: true }));
  const { path } = stack.use(await tempDir());
  const options = [...far.options, "-o", "HostName=127.0.0.1", "-p", String(far.port)];
  const script = `#!/bin/sh\nexec /usr/bin/ssh ${options.map(shellQuote).join(" ")} "$@"\n`;
  await Deno.writeTextFile(`${path}/ssh`, script, { mode: 0o755 });
  return { far, env: { PATH: `${path}:/usr/local/bin:/usr/bin:/bin` } };
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

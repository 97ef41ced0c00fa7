import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import type { OwnedHost } from "./run.ts";

/** Starts one daemon that all runs share. */
export async function sharedHost(): Promise<AsyncDisposable & { readonly start: () => Promise<OwnedHost> }> {
  const { socket, token, ...daemon } = await startDaemon({ env: { CLAUSTRUM_LOG_LEVEL: "error" } });
  const host: OwnedHost = { socket, token: () => Promise.resolve(token), async [Symbol.asyncDispose]() {} };
  return { start: () => Promise.resolve(host), [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
}

/** Starts a daemon for one run, which can be upgraded. */
export async function upgradableHost(): Promise<OwnedHost> {
  const home = await testHome();
  async function run(...args: string[]): Promise<void> {
    const { code, stderr } = await claustrum(home.path, [...args, "--socket", home.socket]);
    if (code !== 0) throw new Error(stderr);
  }
  await run("serve");
  return {
    socket: home.socket,
    token: () => home.token(),
    upgrade: () => run("serve", "--replace", "--handover"),
    async [Symbol.asyncDispose]() {
      await run("stop", "--all", "--timeout", "0s");
      await home[Symbol.asyncDispose]();
    },
  };
}

import type { GenerationName } from "../../lib/contract/generation.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import type { OwnedHost } from "./run.ts";

/** Starts one daemon that all runs share. */
export async function sharedHost(
  contract: GenerationName = "seed",
): Promise<AsyncDisposable & { readonly start: () => Promise<OwnedHost> }> {
  const { socket, token, ...daemon } = await startDaemon({
    env: { CLAUSTRUM_LOG_LEVEL: "error" },
    flags: ["--contract", contract],
  });
  const host: OwnedHost = { socket, contract, token: () => Promise.resolve(token), async [Symbol.asyncDispose]() {} };
  return { start: () => Promise.resolve(host), [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
}

/** Starts a daemon for one run, which can be upgraded. */
export async function upgradableHost(served: GenerationName = "seed"): Promise<OwnedHost> {
  const home = await testHome();
  async function run(...args: string[]): Promise<void> {
    const { code, stderr } = await claustrum(home.path, [...args, "--socket", home.socket]);
    if (code !== 0) throw new Error(stderr);
  }
  // The daemons that follow take the contract over.
  await run("serve", "--contract", served);
  return {
    socket: home.socket,
    contract: served,
    token: () => home.token(),
    upgrade: () => run("serve", "--replace", "--handover"),
    async [Symbol.asyncDispose]() {
      await run("stop", "--all", "--timeout", "0s");
      await home[Symbol.asyncDispose]();
    },
  };
}

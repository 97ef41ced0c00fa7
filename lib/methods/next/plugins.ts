/**
 * `plugins.prune` (contract: Plugins of next).
 *
 * @module
 */

import { prunePlugins } from "../../files/prune_plugins.ts";
import type { Method } from "../../rpc/dispatch.ts";
import { INTERNAL_ERROR, RpcError } from "../../rpc/errors.ts";
import type { ClientContext, DaemonContext } from "../context.ts";
import { pruneParams } from "./prune_params.ts";

/** The `plugins` methods. */
export function pluginMethods(daemon: DaemonContext): Method<ClientContext>[] {
  return [{
    name: "plugins.prune",
    async run({ params }) {
      const minAgeDays = pruneParams(params);
      const { childSettings: settings, home } = daemon;
      if (settings === undefined) throw new RpcError(INTERNAL_ERROR, "this daemon has no plugins");
      return await prunePlugins({
        socket: settings.socket,
        minAgeDays,
        runningArgs: await runningArgs(daemon),
        home,
        now: settings.clock.now(),
        probe: (socket) => settings.probe(socket),
      });
    },
  }];
}

/** Returns a function that returns the arguments of all processes that run, also of those in retired daemons. */
async function runningArgs({ supervisor, predecessors }: DaemonContext): Promise<() => string[]> {
  // A retired daemon starts none anew.
  const relayed = (await predecessors?.list({}) ?? []).filter(({ running }) => running).flatMap(({ args }) => args);
  return () => [...supervisor.unfinished().flatMap(({ spec }) => [...spec.args ?? []]), ...relayed];
}

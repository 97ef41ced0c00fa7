import { defineCommand, type FlagSpecs, type FlagValues } from "../../command.ts";
import { EITHER_FLAGS, sessionFlags } from "../../session_lookup.ts";
import { UsageError } from "../../usage_error.ts";
import stopDaemon from "../stop.ts";

const HUB = { "state-dir": EITHER_FLAGS["state-dir"], "config": EITHER_FLAGS.config } as const;

export default defineCommand<FlagSpecs>({
  usage: "stop [NAME] [--socket PATH] [--all] [--timeout D] [--yes]",
  about: `With NAME, stops the agent of a session, as claustrum session stop does. Without it:

${stopDaemon.about}`,
  flags: { ...stopDaemon.flags, ...HUB },
  exitCodes: `${stopDaemon.exitCodes}; 3 no hub could be reached`,
  examples: ["claustrum stop web", ...stopDaemon.examples],
  arity: { least: 0, most: 1 },
  completes: "sessions",
  async run({ flags, args }, program) {
    if (args.length === 0) return await stopDaemon.run({ flags, args }, program);
    const given = Object.keys(stopDaemon.flags).find((name) => flags[name] !== undefined && flags[name] !== false);
    if (given !== undefined) throw new UsageError(`stop NAME stops a session and takes no --${given}`);
    const { default: stopSession } = await import("./stop.ts");
    return await stopSession.run({ flags: sessionFlags(flags as FlagValues<typeof HUB>), args }, program);
  },
});

import { defaultSocket } from "../../../system/paths.ts";
import { defineCommand, type FlagSpecs, type FlagValues } from "../../command.ts";
import { EITHER_FLAGS, findMeaning, sessionFlags } from "../../session_lookup.ts";
import killProcess from "../kill.ts";

export default defineCommand<FlagSpecs>({
  usage: "kill NAME|ID [--process] [--signal S] [--wait] [--timeout D] [--socket PATH]",
  about: `Kills the agent of the session NAME, as claustrum session kill does, or sends a signal to
the process ID: KILL to all of its group, others to it alone. With --wait it returns once
the process has ended, by SIGKILL if it does not obey.`,
  flags: { ...killProcess.flags, ...EITHER_FLAGS },
  exitCodes: killProcess.exitCodes,
  examples: ["claustrum kill web", ...killProcess.examples],
  arity: { least: 1, most: 1 },
  completes: "sessions and processes",
  async run({ flags, args }, program) {
    const { process: isProcess, ...hub } = flags as unknown as FlagValues<typeof EITHER_FLAGS>;
    const { socket, signal, wait, timeout } = flags;
    const isOfProcess = isProcess || socket !== undefined || signal !== undefined || wait || timeout !== undefined;
    const lookup = { flags: hub, socket: defaultSocket(), command: "kill", program };
    if (isOfProcess || await findMeaning(args[0] ?? "", lookup) === "process") {
      return await killProcess.run({ flags, args }, program);
    }
    const { default: killSession } = await import("./kill.ts");
    return await killSession.run({ flags: sessionFlags(hub), args }, program);
  },
});

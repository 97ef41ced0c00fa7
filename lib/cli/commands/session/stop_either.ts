import { defaultSocket } from "../../../system/paths.ts";
import { defineCommand, type FlagSpecs, type FlagValues } from "../../command.ts";
import { EITHER_FLAGS, findMeaning, matchProcess, type Meaning, sessionFlags } from "../../session_lookup.ts";
import { UsageError } from "../../usage_error.ts";
import stopDaemon, { DEFAULT_TIMEOUT_MS } from "../stop.ts";

export default defineCommand<FlagSpecs>({
  usage: "stop [NAME|ID…] [--process] [--all] [--timeout D] [--yes] [--socket PATH]",
  about: `With NAME, stops the agent of a session, as claustrum session stop does. With ID, ends a
process and its group: SIGTERM, and SIGKILL after the timeout. Without either:

${stopDaemon.about}`,
  flags: { ...stopDaemon.flags, ...EITHER_FLAGS },
  exitCodes: `${stopDaemon.exitCodes}; 3 no hub could be reached`,
  examples: ["claustrum stop web", ...stopDaemon.examples],
  arity: { least: 0, most: Infinity },
  completes: "sessions and processes",
  async run({ flags, args }, program) {
    if (args.length === 0) return await stopDaemon.run({ flags, args }, program);
    const { process: isProcess, ...hub } = flags as unknown as FlagValues<typeof EITHER_FLAGS>;
    const { all, yes, socket: given, timeout } = flags as FlagValues<typeof stopDaemon.flags>;
    for (const [name, isGiven] of Object.entries({ all, yes })) {
      if (isGiven) throw new UsageError(`--${name} is for the daemon, not for "${args[0]}": see claustrum help stop`);
    }
    const socket = given === undefined ? defaultSocket() : String(given);
    const isOfProcess = isProcess || given !== undefined || timeout !== undefined;
    const lookup = { flags: hub, socket, command: "stop", program };
    const meanings = await Promise.all(args.map(async (name): Promise<Meaning> => {
      if (isOfProcess) return "process";
      if (await findMeaning(name, lookup) === "session") return "session";
      // A hub that is not running has sessions, too.
      return await matchProcess(socket, name, { canHaveEnded: true }) === undefined ? "session" : "process";
    }));
    const [processes, sessions] = (["process", "session"] as const).map((meant) =>
      args.filter((_, i) => meanings[i] === meant)
    );
    const codes: number[] = [];
    if (processes!.length > 0) {
      const { stopProcesses } = await import("../../stop_processes.ts");
      codes.push(await stopProcesses(socket, processes!, timeout === undefined ? DEFAULT_TIMEOUT_MS : Number(timeout)));
    }
    if (sessions!.length > 0) {
      const { default: stopSession } = await import("./stop.ts");
      for (const name of sessions!) {
        codes.push(await stopSession.run({ flags: sessionFlags(hub), args: [name] }, program));
      }
    }
    return codes.find((code) => code !== 0) ?? 0;
  },
});

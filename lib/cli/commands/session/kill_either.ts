import { defaultSocket } from "../../../system/paths.ts";
import { defineCommand, type FlagSpecs, type FlagValues } from "../../command.ts";
import { EITHER_FLAGS, findMeaning, type Meaning, sessionFlags } from "../../session_lookup.ts";
import killProcess from "../kill.ts";

export default defineCommand<FlagSpecs>({
  usage: "kill NAME|ID… [--process] [-9 | --signal S] [--wait] [--timeout D] [--socket PATH]",
  about: `Kills the agent of the session NAME, as claustrum session kill does, or sends a signal to
the process ID: KILL to all of its group, others to it alone. With --wait or --timeout it
returns once the process has ended, by SIGKILL if it does not obey. What ends by it is not
started again by its restart policy. Several names and ids may be given.`,
  flags: { ...killProcess.flags, ...EITHER_FLAGS },
  exitCodes: killProcess.exitCodes,
  examples: ["claustrum kill web", ...killProcess.examples],
  arity: { least: 1, most: Infinity },
  completes: "sessions and processes",
  async run({ flags, args }, program) {
    const { process: isProcess, ...hub } = flags as unknown as FlagValues<typeof EITHER_FLAGS>;
    const { socket, signal, kill, wait, timeout } = flags;
    const isOfProcess = isProcess || socket !== undefined || signal !== undefined || kill || wait ||
      timeout !== undefined;
    const lookup = { flags: hub, socket: defaultSocket(), command: "kill", program };
    const meanings = await Promise.all(
      args.map((name) => isOfProcess ? "process" as const : findMeaning(name, lookup)),
    );
    const named = (meant: Meaning) => args.filter((_, i) => meanings[i] === meant);
    const [processes, sessions] = [named("process"), named("session")];
    const codes: number[] = [];
    if (processes.length > 0) codes.push(await killProcess.run({ flags, args: processes }, program));
    if (sessions.length > 0) {
      const { default: killSession } = await import("./kill.ts");
      for (const name of sessions) {
        codes.push(await killSession.run({ flags: sessionFlags(hub), args: [name] }, program));
      }
    }
    return codes.find((code) => code !== 0) ?? 0;
  },
});

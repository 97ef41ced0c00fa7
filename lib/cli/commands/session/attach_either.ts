import { defaultSocket } from "../../../system/paths.ts";
import { defineCommand, type FlagSpecs, type FlagValues } from "../../command.ts";
import { EITHER_FLAGS, findMeaning, sessionFlags } from "../../session_lookup.ts";
import attachProcess from "../attach.ts";

export default defineCommand<FlagSpecs>({
  usage: "attach NAME|ID [--process] [--from SEQ] [--observe] [--stdin-eof] [--detach-keys KEY] [--socket PATH]",
  about: `Opens the session NAME in this terminal, as claustrum session attach does, or follows the
process ID: catches up with it, and passes stdin and signals on until it ends. Ctrl-C goes
to the process. It never ends the process by itself: Ctrl-C twice, a closed terminal, a lost
SSH line, a broken pipe and SIGTERM only detach. A process in a terminal (claustrum run -t)
draws its screen again, at the size of this one; every key goes to it, and ctrl-\\ detaches.`,
  flags: { ...attachProcess.flags, ...EITHER_FLAGS },
  exitCodes: attachProcess.exitCodes,
  examples: ["claustrum attach web", ...attachProcess.examples],
  arity: { least: 1, most: 1 },
  completes: "sessions and processes",
  async run({ flags, args }, program) {
    const { process: isProcess, ...hub } = flags as unknown as FlagValues<typeof EITHER_FLAGS>;
    const { socket, from, observe, "stdin-eof": passesEnd, "detach-keys": keys } = flags;
    const isOfProcess = isProcess || [socket, from, keys].some((value) => value !== undefined) || observe || passesEnd;
    const lookup = { flags: hub, socket: defaultSocket(), command: "attach", program };
    if (isOfProcess || await findMeaning(args[0] ?? "", lookup) === "process") {
      return await attachProcess.run({ flags, args }, program);
    }
    const { default: attachSession } = await import("./attach.ts");
    return await attachSession.run({ flags: { ...sessionFlags(hub), interrupt: false }, args }, program);
  },
});

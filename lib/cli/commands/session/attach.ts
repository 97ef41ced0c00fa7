import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { print } from "../../print.ts";

/** The exit code of the shell if there is no tmux. */
const NOT_FOUND = 127;
/** Becomes tmux. Inside of another tmux it would refuse, were it not for the variable. */
const ATTACH = 'unset TMUX TMUX_PANE; exec tmux -S "$1" attach -t "$2"';

export default defineHubCommand({
  usage: "session attach NAME [--interrupt]",
  about: `Opens a session in this terminal, with the agent CLI's own interface. Detach with
tmux's keys (ctrl-B D): the session goes on without the terminal, and prompts can be sent
again. With --json it only opens the terminal and prints where tmux has it.`,
  flags: { interrupt: { kind: "boolean", help: "interrupt a turn that runs" } },
  exitCodes: "0 detached, 1 failed, 2 wrong arguments, 3 no hub could be reached",
  examples: ["claustrum session attach web", "ssh -t host claustrum session attach web"],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags: { interrupt, json }, args: [name = ""], connect }) {
    if (!json && !(Deno.stdin.isTerminal() && Deno.stdout.isTerminal())) {
      throw new ClaustrumError("attaching needs a terminal; over SSH, use ssh -t");
    }
    const result = await attach();
    if (json) {
      print(JSON.stringify(result));
      return 0;
    }
    return await showTerminal(result.tmux_socket, result.tmux_session);

    async function attach() {
      await using client = await connect();
      return await client.call("session.attach", { session_name: name, ...(interrupt ? { interrupt } : {}) });
    }
  },
});

/** Attaches to a tmux session, which has the terminal until the user detaches. */
async function showTerminal(socket: string, session: string): Promise<number> {
  // The terminal's signals are for tmux, which ends or detaches.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    // Without the equals sign, a session of which the name only begins like this would do as well.
    const { code } = await new Deno.Command("/bin/sh", { args: ["-c", ATTACH, "sh", socket, `=${session}`] }).spawn()
      .status;
    if (code === NOT_FOUND) throw new ClaustrumError("attaching needs tmux, which is not installed");
    return code;
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}

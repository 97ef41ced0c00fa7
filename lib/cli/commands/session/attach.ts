import { attachArguments, overOwnSsh } from "../../../hosts/ssh_terminal.ts";
import type { Host } from "../../../hosts/types.ts";
import type { HubClient } from "../../../hub/hub_client.ts";
import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { tryGetEnv } from "../../../system/permissions.ts";
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
again. With --json it only opens the terminal and prints where tmux has it. A session of
another host opens over your ssh, with ssh -t; a host that is reached otherwise must have its
name in ~/.ssh/config for that.`,
  flags: { interrupt: { kind: "boolean", help: "interrupt a turn that runs" } },
  exitCodes: "0 detached, 1 failed, 2 wrong arguments, 3 no hub could be reached",
  examples: [
    "claustrum session attach web",
    "claustrum session attach web --host box",
    "ssh -t host claustrum session attach web",
  ],
  arity: { least: 1, most: 1 },
  completes: "sessions",
  async run({ flags: { interrupt, json }, args: [name = ""], connect }) {
    if (!json && !(Deno.stdin.isTerminal() && Deno.stdout.isTerminal())) {
      throw new ClaustrumError("attaching needs a terminal; over SSH, use ssh -t");
    }
    const opened = await open();
    if ("far" in opened) return await showFar(opened.far, interrupt);
    if (json) {
      print(JSON.stringify(opened));
      return 0;
    }
    return await showTerminal(opened.tmux_socket, opened.tmux_session);

    async function open() {
      await using client = await connect();
      const far = json ? undefined : await farSession(client, name);
      if (far !== undefined) return { far };
      return await client.call("session.attach", { session_name: name, ...(interrupt ? { interrupt } : {}) });
    }
  },
});

interface FarSession {
  readonly id: string;
  readonly host: Host;
}

/** A session of another host; `undefined` if it is one of this hub. */
async function farSession(client: HubClient, name: string): Promise<FarSession | undefined> {
  const hosts = await client.call("hosts.list", {});
  if (hosts.length === 0) return undefined;
  const { id, host } = await client.call("session.get", { session_name: name });
  const known = hosts.find((each) => each.name === host);
  return known === undefined ? undefined : { id, host: known };
}

/** Attaches to a tmux session, which has the terminal until the user detaches. */
async function showTerminal(socket: string, session: string): Promise<number> {
  // Without the equals sign, a session of which the name only begins like this would do as well.
  const code = await runWithTerminal("/bin/sh", ["-c", ATTACH, "sh", socket, `=${session}`]);
  if (code === NOT_FOUND) throw new ClaustrumError("attaching needs tmux, which is not installed");
  return code;
}

/** Opens a session of another host, which has the terminal until the user detaches. */
async function showFar({ id, host }: FarSession, interrupt: boolean): Promise<number> {
  const reached = await overOwnSsh(host, tryGetEnv("HOME"));
  const code = await runWithTerminal("ssh", attachArguments(reached, id, interrupt));
  if (code === NOT_FOUND) {
    throw new ClaustrumError(`claustrum is not installed there: claustrum host install ${host.name}`);
  }
  return code;
}

/** Runs a program that has the terminal until it ends. */
async function runWithTerminal(program: string, args: string[]): Promise<number> {
  // The terminal's signals are for the program, which ends or detaches.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    return (await new Deno.Command(program, { args }).spawn().status).code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ClaustrumError(`attaching needs ${program}, which is not installed`, { cause: error });
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}

import { type AnyCommand, defineCommand, type RunningProgram } from "../../command.ts";
import { NoHubError, tryConnect } from "../../hub_connection.ts";
import { HUB_START_FLAGS, type HubRequest } from "../../hub_request.ts";
import { print, printError } from "../../print.ts";

export default startCommand(async (request) => {
  const { hubHere } = await import("../../hub_here.ts");
  return await hubHere(request);
});

/**
 * Creates the command.
 *
 * @param runHere Runs the hub in this process, and returns the exit code.
 */
export function startCommand(runHere: (request: HubRequest) => Promise<number>): AnyCommand {
  return defineCommand({
    usage: "hub [start] [--state-dir DIR] [--config FILE] [--daemon-socket PATH] [--name NAME] [--foreground] [--json]",
    about: `Starts the hub in the background and returns once it answers. Starts the daemon,
too, if none runs. A hub that already runs there is left alone.`,
    flags: { ...HUB_START_FLAGS, json: { kind: "boolean", help: "print the result as JSON" } },
    exitCodes: "0 it runs, 1 it could not start, or runs already with other settings, 2 wrong arguments",
    examples: ["claustrum hub start", "claustrum hub --name desk", "claustrum hub start --foreground"],
    run({ flags: { foreground, json, ...request } }, program) {
      return foreground ? runHere(request) : launch(request, json, program);
    },
  });
}

async function launch(request: HubRequest, json: boolean, program: RunningProgram): Promise<number> {
  const { launchHub } = await import("../../launch_hub.ts");
  const { pid, paths, isNew, warnings } = await launchHub(request, program);
  for (const warning of warnings) printError(`claustrum: ${warning}`);
  await using client = await tryConnect(paths);
  if (client === undefined) throw new NoHubError(`the hub (pid ${pid}) does not answer on ${paths.socket}`);
  const facts = { socket: paths.socket, token_file: paths.token, state_dir: paths.directory, pid, started: isNew };
  if (json) print(JSON.stringify(facts));
  else print(isNew ? describe(facts) : `already running (pid ${pid}) on ${paths.socket}`);
  return 0;
}

function describe(facts: { socket: string; token_file: string; state_dir: string; pid: number }): string {
  return `The hub listens on ${facts.socket}
  token   ${facts.token_file}
  state   ${facts.state_dir}
  pid     ${facts.pid}`;
}

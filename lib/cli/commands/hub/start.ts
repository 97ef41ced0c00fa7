import { importLate } from "../../../system/import_late.ts";
import { missingAgentHint } from "../../agent_hint.ts";
import { type AnyCommand, defineCommand, type RunningProgram } from "../../command.ts";
import { NoHubError, tryConnect } from "../../hub_connection.ts";
import { HUB_START_FLAGS, type HubRequest } from "../../hub_request.ts";
import { networkUrls, UNKNOWN_ADDRESS } from "../../network_urls.ts";
import { openLink } from "../../open_link.ts";
import { print, printError, printText } from "../../print.ts";

/** What to do where the address of this machine is not known. */
const UNKNOWN_HINT = `; ${UNKNOWN_ADDRESS} is that of this machine, as hostname -I tells it`;

export default startCommand(async (request) => {
  const { hubHere } = await importLate<typeof import("../../hub_here.ts")>(import.meta.resolve("../../hub_here.ts"));
  return await hubHere(request);
});

/**
 * Creates the command.
 *
 * @param runHere Runs the hub in this process, and returns the exit code.
 */
export function startCommand(runHere: (request: HubRequest) => Promise<number>): AnyCommand {
  return defineCommand({
    usage: "hub [start] [--listen ADDRESS:PORT | --no-web] [--open] [--state-dir DIR] [--config FILE] " +
      "[--daemon-socket PATH] [--name NAME] [--foreground] [--json]",
    about: `Starts the hub in the background and returns once it answers. Starts the daemon,
too, if none runs. A hub that already runs there is left alone; if it lacks the web
address, it is restarted, and agents run on. Prints a link that signs a browser in.`,
    flags: {
      ...HUB_START_FLAGS,
      open: { kind: "boolean", help: "open the page in the browser" },
      json: { kind: "boolean", help: "print the result as JSON" },
    },
    exitCodes: "0 it runs, 1 it could not start, or runs already with other settings, 2 wrong arguments",
    examples: [
      "claustrum hub start --open",
      "claustrum hub --listen 127.0.0.1:8000",
      "claustrum hub start --foreground",
    ],
    run({ flags: { foreground, json, open, ...request } }, program) {
      return foreground ? runHere(request) : launch(request, json, open, program);
    },
  });
}

async function launch(request: HubRequest, json: boolean, opens: boolean, program: RunningProgram): Promise<number> {
  const { launchHub } = await importLate<typeof import("../../launch_hub.ts")>(
    import.meta.resolve("../../launch_hub.ts"),
  );
  const { pid, paths, isNew, warnings, config } = await launchHub(request, program);
  const hint = missingAgentHint(config, Deno.env.get("PATH") ?? "");
  for (const warning of [...warnings, ...(hint === undefined ? [] : [hint])]) printError(`claustrum: ${warning}`);
  await using client = await tryConnect(paths);
  if (client === undefined) throw new NoHubError(`the hub (pid ${pid}) does not answer on ${paths.socket}`);
  const { url } = await client.call("hub.status", {});
  const link = url === undefined ? undefined : (await client.call("auth.link", {})).url;
  const others = url === undefined ? [] : networkUrls(url, config.web.listen);
  const facts: Facts = {
    ...(url === undefined ? {} : { url }),
    ...(others.length === 0 ? {} : { network_urls: others }),
    ...(link === undefined ? {} : { sign_in: link }),
    socket: paths.socket,
    token_file: paths.token,
    state_dir: paths.directory,
    pid,
    started: isNew,
  };
  if (json) print(JSON.stringify(facts));
  else printText(describe(facts));
  if (opens) await openLink(link);
  return 0;
}

/** What a start tells. */
interface Facts {
  readonly url?: string;
  /** The address of the page on other devices, if the hub listens on all addresses. */
  readonly network_urls?: readonly string[];
  readonly sign_in?: string;
  readonly socket: string;
  readonly token_file: string;
  readonly state_dir: string;
  readonly pid: number;
  readonly started: boolean;
}

function describe({ url, network_urls = [], sign_in, socket, token_file, state_dir, pid, started }: Facts): string {
  const others = network_urls.map((other) =>
    `\n           ${other} (from other devices${other.includes(UNKNOWN_ADDRESS) ? UNKNOWN_HINT : ""})`
  ).join("");
  const web = url === undefined
    ? ""
    : `\n  web      ${url}${others}\n  sign in  ${sign_in}\n           (once, within ten minutes; claustrum hub open makes another link)`;
  if (!started) return `already running (pid ${pid}) on ${socket}${web}`;
  return `The hub listens on ${socket}${web}
  token    ${token_file}
  state    ${state_dir}
  pid      ${pid}`;
}

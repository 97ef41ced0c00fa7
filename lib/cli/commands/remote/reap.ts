import { agentCommand } from "../../../agent/environment.ts";
import { readLogin } from "../../../claude_home/login.ts";
import { CommandLimitError, RpcCallError } from "../../../client/errors.ts";
import { runCommand, type RunCommandOptions } from "../../../client/run_command.ts";
import type { HubConfig } from "../../../hub/config.ts";
import { maskedEnvironment, type ServerEnvironment } from "../../../remote/reaper.ts";
import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { tryGetOwnId } from "../../../system/permissions.ts";
import { NoHomeError } from "../../../system/paths.ts";
import { connectToDaemon } from "../../daemon_client.ts";
import { EnvironmentsApi } from "../../environments_api.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { resolveRequest } from "../../hub_request.ts";
import { type FoundStale, type Reaped, Reaper } from "../../reap.ts";
import { toOneLine } from "../../terminal_text.ts";
import { notTogether } from "../../usage_error.ts";
import { askLine } from "../../yes_no.ts";

/** How long a command may take, in milliseconds. */
const COMMAND_MS = 20_000;
/** Lists the processes of this user, with their parents and commands. */
const PS = { command: "ps", args: ["-U", String(tryGetOwnId("uid") ?? ""), "-o", "pid=,ppid=,args="] };
/** What has to be typed before something is deleted. */
const CONFIRMATION = "DELETE";

export default defineHubCommand({
  usage: "remote reap [--archive | --delete]",
  about: `Finds environments on the vendor's server, below projects.root, that no instance of this
machine serves any more. It only lists them, unless --archive puts them away or --delete
removes them for good, which asks to type DELETE. It uses your own login of the agent CLI, and
an interface that the vendor does not document. Where something is not certain, it changes
nothing. Environments of another machine with the same directories may look the same: look
at the list first.`,
  flags: {
    archive: { kind: "boolean", help: "put them away; the vendor can bring them back", isDestructive: true },
    delete: { kind: "boolean", help: "remove them for good, after DELETE was typed", isDestructive: true },
  },
  exitCodes: "0 listed or done, 1 failed, or something is not certain, 2 wrong arguments, 3 no hub could be reached",
  examples: ["claustrum remote reap", "claustrum remote reap --archive"],
  async run({ flags, connect, printResult }) {
    if (flags.archive && flags.delete) throw notTogether("--archive", "--delete");
    const { config } = await resolveRequest({ config: flags.config });
    const api = new EnvironmentsApi(config.reaper.baseUrl, await login());
    await using hub = await connect();
    const reaper = new Reaper({
      api,
      hub,
      root: rootOf(config),
      machine: Deno.hostname(),
      listAgents: (socket) => listAgents(socket, config),
      listProcesses: (socket) => runThere(socket, PS),
    });
    const found = await reaper.find();
    const how = flags.archive ? "archive" : flags.delete ? "delete" : undefined;
    if (how === undefined || found.stale.length === 0) {
      printResult(listJson(found), () => describeFound(found));
      return 0;
    }
    if (how === "delete") await confirm(found);
    const reaped = await reaper.reap(found.stale, how);
    printResult(resultJson(reaped, how), () => describeReaped(reaped, how));
    return reaped.failed.length > 0 ? 1 : 0;
  },
});

function login() {
  const home = Deno.env.get("HOME");
  if (home === undefined || home === "") throw new NoHomeError();
  return readLogin(home, Date.now());
}

function rootOf({ projects: { root } }: HubConfig): string {
  if (root !== undefined) return root;
  throw new ClaustrumError("projects.root is not set in hub.toml: only environments below it are looked at");
}

/** Asks the agent CLI for the sessions that it knows. */
function listAgents(socket: string, { agent }: HubConfig): Promise<string | undefined> {
  const { binary: program, env, pathAppend } = agent;
  const command = agentCommand({ program, args: ["agents", "--json"], keep: Object.keys(env), pathAppend });
  return runThere(socket, { ...command, env });
}

/** Runs a command in the daemon; `undefined` if it fails. */
async function runThere(
  socket: string,
  command: Pick<RunCommandOptions, "command" | "args" | "env">,
): Promise<string | undefined> {
  await using client = await connectToDaemon(socket);
  try {
    const { code, stdout } = await runCommand(client, { ...command, timeoutMs: COMMAND_MS });
    return code === 0 ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof RpcCallError || error instanceof CommandLimitError) return undefined;
    throw error;
  }
}

async function confirm(found: FoundStale): Promise<void> {
  const typed = await askLine(`${listText(found.stale)}\nType ${CONFIRMATION} to remove them for good: `);
  if (typed !== CONFIRMATION) throw new ClaustrumError(`nothing was changed: ${CONFIRMATION} was not typed`);
}

function describeFound(found: FoundStale): string {
  const { stale, kept, others } = found;
  const rest = `${kept.length + others} ${kept.length + others === 1 ? "is" : "are"} left alone`;
  if (stale.length === 0) return `no environment is without a live instance here; ${rest}`;
  return `${listText(stale)}
${stale.length} without a live instance here; ${rest}
nothing was changed: --archive puts them away, --delete removes them for good`;
}

function describeReaped({ done, failed, spared }: Reaped, how: "archive" | "delete"): string {
  return [
    `${done.length} ${how === "archive" ? "archived" : "deleted"}`,
    ...spared.map((environment) => `left alone, because it is in use by now: ${environmentText(environment)}`),
    ...failed.map(({ environment, error }) => `failed: ${environmentText(environment)}: ${error}`),
  ].join("\n");
}

function listText(environments: readonly ServerEnvironment[]): string {
  return environments.map(environmentText).join("\n");
}

function environmentText({ id, name, directory }: ServerEnvironment): string {
  return [maskedEnvironment(id), toOneLine(name), toOneLine(directory ?? "")].join("  ");
}

function environmentJson({ id, name, directory }: ServerEnvironment) {
  return { id: maskedEnvironment(id), name, directory };
}

function listJson({ stale, kept, others }: FoundStale) {
  return {
    stale: stale.map(environmentJson),
    kept: kept.map(({ environment, reason }) => ({ ...environmentJson(environment), reason })),
    not_understood: others,
  };
}

function resultJson({ done, failed, spared }: Reaped, how: "archive" | "delete") {
  return {
    [how === "archive" ? "archived" : "deleted"]: done.map(environmentJson),
    in_use: spared.map(environmentJson),
    failed: failed.map(({ environment, error }) => ({ ...environmentJson(environment), error })),
  };
}

import type { InstanceMode, SpawnMode } from "../../../remote/types.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { reportInstance, untilReady } from "../../remote_instance.ts";
import { notOneOf } from "../../usage_error.ts";

const MODES: readonly InstanceMode[] = ["standard", "pty"];
const SPAWN_MODES: readonly SpawnMode[] = ["same-dir", "worktree", "session"];

export default defineHubCommand({
  usage: "remote start PROJECT [--name NAME] [--mode M] [--spawn M] [--permission-mode M] [--no-wait]",
  about: `Starts remote control of a project, waits until it is ready, and prints its link. A
project has one server at most: if it runs already, its link is printed. In the mode
pty, the CLI runs in a terminal instead, of which there may be several.`,
  flags: {
    "name": { kind: "string", short: "n", value: "NAME", help: "the name that people see (default the project's)" },
    "mode": { kind: "string", value: "M", help: "standard or pty (default remote.mode)" },
    "spawn": { kind: "string", value: "M", help: "where sessions start: same-dir (default), worktree or session" },
    "permission-mode": { kind: "string", value: "M", help: "the permission mode of its agents, such as plan" },
    "confirm": { kind: "string", value: "PROJECT", help: "the project's name, to confirm that agents ask nobody" },
    "no-wait": { kind: "boolean", help: "do not wait until it is ready" },
  },
  exitCodes: "0 ready, 1 failed, 2 wrong arguments, 3 no hub could be reached",
  examples: ["claustrum remote start web", "claustrum remote start web --mode pty --name 'web by phone'"],
  arity: { least: 1, most: 1 },
  completes: "projects",
  async run({ flags, args: [project = ""], connect }) {
    const params = {
      project,
      name: flags.name,
      mode: oneOf("--mode", flags.mode, MODES),
      spawn_mode: oneOf("--spawn", flags.spawn, SPAWN_MODES),
      permission_mode: flags["permission-mode"],
      confirm: flags.confirm,
    };
    await using client = await connect();
    const { created, ...started } = await client.call("instances.start", params);
    const instance = flags["no-wait"] ? started : await untilReady(client, started);
    return reportInstance({ ...instance, created }, flags.json, created ? "started" : "already running:");
  },
});

function oneOf<T extends string>(flag: string, given: string | undefined, choices: readonly T[]): T | undefined {
  const found = choices.find((choice) => choice === given);
  if (given === undefined || found !== undefined) return found;
  throw notOneOf(flag, choices, given);
}

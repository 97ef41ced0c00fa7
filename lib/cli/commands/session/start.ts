import type { PermissionPolicy, StartParams } from "../../../sessions/types.ts";
import { shellQuote } from "../../../system/quote.ts";
import { defineHubCommand } from "../../hub_command.ts";
import { absolutePath } from "../../absolute_path.ts";
import { parsePolicy } from "../../policy_argument.ts";
import { readPrompt } from "../../prompt_input.ts";
import { reportStart } from "../../started_session.ts";
import { toOneLine } from "../../terminal_text.ts";
import { startTrusted } from "../../trusted_directory.ts";

export default defineHubCommand({
  usage: "session start [PATH] [--name NAME] [--model M] [--prompt TEXT] [--worktree BRANCH] [--trust]",
  about: `Starts an agent in a directory (default this one). As soon as a session starts, the
hooks of the directory run: for one that you have not trusted yet, you are asked on a
terminal; elsewhere, --trust records that you trust it.`,
  flags: {
    "name": { kind: "string", short: "n", value: "NAME", help: "the name (default the directory's)" },
    "model": { kind: "string", value: "M", help: "the model (default the agent CLI's)" },
    "permission-mode": { kind: "string", value: "MODE", help: "the permission mode of the agent CLI, such as plan" },
    "policy": { kind: "string", value: "P", help: "what happens with permissions: ask (default), allow or deny" },
    "resume": { kind: "string", value: "ID", help: "go on with a conversation of the agent CLI" },
    "fork": { kind: "boolean", help: "with --resume, go on with a copy of it" },
    "claude-args": {
      kind: "string",
      value: "ARGS",
      help: "more arguments for the agent CLI, as a shell would split them",
    },
    "worktree": { kind: "string", value: "BRANCH", help: "work in a new work tree of the repository, on a new branch" },
    "trust": { kind: "boolean", help: "record that you trust the directory" },
    "prompt": { kind: "string", short: "p", value: "TEXT", help: "the first prompt; - reads it from stdin" },
    "confirm": {
      kind: "string",
      value: "DIRNAME",
      help: "the name of the directory, to confirm that everything is allowed there",
    },
  },
  examples: [
    "claustrum session start",
    "claustrum start ~/src/web --name web --prompt 'run the tests'",
    "claustrum session start --name fix-login --policy deny",
  ],
  arity: { least: 0, most: 1 },
  async run({ flags, args: [path = "."], connect }) {
    const policy = flags.policy === undefined ? undefined : parsePolicy(flags.policy);
    const prompt = flags.prompt === undefined ? undefined : await readPrompt(flags.prompt);
    const params = startParams(absolutePath(path), flags, policy, prompt);
    await using client = await connect();
    const session = await startTrusted({
      start: (trust) => client.call("session.start", { ...params, trust: trust ?? params.trust }),
      isStdinFree: flags.prompt !== "-",
      how: `claustrum session start --trust ${shellQuote(params.path)}`,
      refusal: "no session was started",
    });
    return reportStart(session, flags.json, `started ${toOneLine(session.name)} in ${toOneLine(session.path)}`);
  },
});

/** The flags that become parameters as they are. */
interface StartFlags {
  readonly name: string | undefined;
  readonly model: string | undefined;
  readonly "permission-mode": string | undefined;
  readonly resume: string | undefined;
  readonly fork: boolean;
  readonly "claude-args": string | undefined;
  readonly worktree: string | undefined;
  readonly trust: boolean;
  readonly confirm: string | undefined;
}

function startParams(
  path: string,
  flags: StartFlags,
  policy: PermissionPolicy | undefined,
  prompt: string | undefined,
): StartParams {
  return {
    path,
    name: flags.name,
    model: flags.model,
    permission_mode: flags["permission-mode"],
    policy,
    resume: flags.resume,
    fork: flags.fork || undefined,
    claude_args: flags["claude-args"],
    trust: flags.trust || undefined,
    prompt,
    worktree: flags.worktree,
    confirm: flags.confirm,
  };
}

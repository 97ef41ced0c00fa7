/** The arguments of the stand-in, refused where the real CLI refuses them. */
export interface Options {
  /** Whether a program talks to it, not a person. */
  readonly isStream: boolean;
  readonly sessionId: string | undefined;
  readonly resume: string | undefined;
  readonly isFork: boolean;
  readonly mode: string;
  readonly model: string;
  readonly hasPartials: boolean;
  readonly asksOverStdio: boolean;
  readonly canBypass: boolean;
  /** The name for remote control, in a terminal. */
  readonly remoteName: string | undefined;
  readonly debugFile: string | undefined;
  readonly isContinued: boolean;
}

export const MODES = ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan"];
export const DEFAULT_MODEL = "claude-stand-in";
export const VERSION = "2.1.330";

const NONE = [
  "--verbose",
  "--print",
  "--include-partial-messages",
  "--fork-session",
  "--strict-mcp-config",
  "--disable-slash-commands",
  "--dangerously-skip-permissions",
  "--allow-dangerously-skip-permissions",
  "--replay-user-messages",
  "--version",
  "--continue",
];
const ONE = [
  "--output-format",
  "--input-format",
  "--permission-prompt-tool",
  "--session-id",
  "--resume",
  "--permission-mode",
  "--model",
  "--agent",
  "--agents",
  "--append-system-prompt",
  "--system-prompt",
  "--effort",
  "--fallback-model",
  "--max-turns",
  "--max-budget-usd",
  "--settings",
  "--name",
  "--remote-control",
  "--debug-file",
];
const SEVERAL = [
  "--add-dir",
  "--allowedTools",
  "--allowed-tools",
  "--disallowedTools",
  "--disallowed-tools",
  "--betas",
  "--mcp-config",
  "--plugin-dir",
  "--tools",
];
const SHORT: Readonly<Record<string, string>> = { "-p": "--print", "-r": "--resume", "-v": "--version" };

/** Ends the program as the real CLI ends when it does not start. */
export function refuse(message: string): never {
  console.error(message);
  Deno.exit(1);
}

function parse(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (!arg.startsWith("-")) refuse(`error: the stand-in takes no prompt as an argument: ${arg}`);
    const equals = arg.indexOf("=");
    const named = equals < 0 ? arg : arg.slice(0, equals);
    const flag = SHORT[named] ?? named;
    if (NONE.includes(flag)) flags.set(flag, "");
    else if (!ONE.includes(flag) && !SEVERAL.includes(flag)) refuse(`error: unknown option '${arg}'`);
    else if (equals >= 0) flags.set(flag, arg.slice(equals + 1));
    else {
      if (at + 1 >= args.length) refuse(`error: option '${flag} <value>' argument missing`);
      flags.set(flag, args[++at]!);
      while (SEVERAL.includes(flag) && at + 1 < args.length && !args[at + 1]!.startsWith("-")) at++;
    }
  }
  return flags;
}

/** Parses the arguments; answers and ends where the real CLI does. */
export function readArguments(args: readonly string[]): Options {
  if (args[0] === "auth" && args[1] === "status") {
    console.log(JSON.stringify({ loggedIn: true, authMethod: "api_key", apiProvider: "firstParty" }));
    Deno.exit(0);
  }
  const flags = parse(args);
  if (flags.has("--version")) {
    console.log(`${VERSION} (Claude Code)`);
    Deno.exit(0);
  }
  const isStream = flags.get("--output-format") === "stream-json";
  checkSurroundings(flags, isStream);
  checkIds(flags);
  const isAsked = flags.has("--dangerously-skip-permissions") || flags.has("--allow-dangerously-skip-permissions");
  if (isAsked && Deno.uid() === 0 && Deno.env.get("IS_SANDBOX") !== "1") {
    refuse("--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons");
  }
  const model = flags.get("--model");
  return {
    isStream,
    sessionId: flags.get("--session-id"),
    resume: flags.get("--resume"),
    isFork: flags.has("--fork-session"),
    mode: flags.get("--permission-mode") ?? (isStream ? "default" : "auto"),
    model: model === undefined || model === "default" ? DEFAULT_MODEL : model,
    hasPartials: flags.has("--include-partial-messages"),
    asksOverStdio: flags.get("--permission-prompt-tool") === "stdio",
    canBypass: isAsked,
    remoteName: flags.get("--remote-control"),
    debugFile: flags.get("--debug-file"),
    isContinued: flags.has("--continue"),
  };
}

function checkSurroundings(flags: ReadonlyMap<string, string>, isStream: boolean): void {
  if (isStream && !flags.has("--verbose")) {
    refuse("Error: When using --print, --output-format=stream-json requires --verbose");
  }
  if (!isStream && !Deno.stdout.isTerminal()) {
    refuse("Error: Input must be provided either through stdin or as a prompt argument when using --print");
  }
  const mode = flags.get("--permission-mode");
  if (mode !== undefined && mode !== "manual" && !MODES.includes(mode)) {
    refuse(
      `error: option '--permission-mode <mode>' argument '${mode}' is invalid. Allowed choices are ${
        MODES.map((one) => one === "default" ? "manual" : one).join(", ")
      }.`,
    );
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function checkIds(flags: ReadonlyMap<string, string>): void {
  const [id, resume] = [flags.get("--session-id"), flags.get("--resume")];
  if (id !== undefined && !UUID.test(id)) refuse("Error: Invalid session ID. Must be a valid UUID.");
  if (id !== undefined && resume !== undefined && !flags.has("--fork-session")) {
    refuse("Error: --session-id with --continue or --resume also needs --fork-session.");
  }
  if (resume !== undefined && !UUID.test(resume)) {
    refuse("Error: --resume requires a valid session ID or session title when used with --print.");
  }
}

/** What a prompt tells the stand-in to do: see `STAND_IN_PROMPTS`. */
export function meaningOf(prompt: string): string {
  const meanings: Readonly<Record<string, string>> = JSON.parse(Deno.env.get("STAND_IN_PROMPTS") ?? "{}");
  return Object.hasOwn(meanings, prompt) ? meanings[prompt]! : prompt;
}

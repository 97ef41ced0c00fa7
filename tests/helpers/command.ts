import { CLI, plainEnvironment } from "./daemon.ts";
import { soon } from "./wait.ts";

/** The result of a command. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode claustrum}. */
export interface CommandOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** The working directory. @default {that of the tests} */
  readonly cwd?: string;
  /** The permission flags. @default {all permissions} */
  readonly permissions?: readonly string[];
  /** The main module. @default {claustrum} */
  readonly main?: string;
}

/** Runs claustrum with the given home directory. */
export async function claustrum(
  home: string,
  args: readonly string[],
  { env = {}, stdin, cwd, permissions = ["-A"], main = CLI }: CommandOptions = {},
): Promise<CommandResult> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...permissions, main, ...args],
    env: { ...plainEnvironment(home), ...env },
    clearEnv: true,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await soon(`claustrum ${args.join(" ")}`, child.output());
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

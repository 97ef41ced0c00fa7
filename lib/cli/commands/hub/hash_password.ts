import { ClaustrumError } from "../../../system/claustrum_error.ts";
import { readUpTo } from "../../../system/io.ts";
import { defineCommand } from "../../command.ts";
import { INTERRUPTED } from "../../exit_code.ts";
import { print } from "../../print.ts";
import { abortOnTermination } from "../../termination_signal.ts";

/** More than any password that can be used. */
const MAX_BYTES = 64 << 10;

export default defineCommand({
  usage: "hub hash-password",
  about: `Prints a hash for the key auth.password_hash of the configuration. The password is
read from stdin: a terminal asks for it twice and does not show it.`,
  flags: {},
  exitCodes: "0 printed, 1 the password cannot be used, 2 wrong arguments, 130 canceled",
  examples: ["claustrum hub hash-password", "pass show claustrum | claustrum hub hash-password"],
  async run() {
    if (!Deno.stdin.isTerminal()) return await printHash(await readPassword());
    using termination = abortOnTermination();
    const password = await askTwice(termination.signal);
    if (password === undefined) return termination.signal.aborted ? termination.exitCode : INTERRUPTED;
    return await printHash(password);
  },
});

async function printHash(password: string): Promise<number> {
  const { hashPassword } = await import("../../../hub/access/argon2.ts");
  print(await hashPassword(password));
  return 0;
}

/** Returns `undefined` if the user has canceled. */
async function askTwice(signal: AbortSignal): Promise<string | undefined> {
  const { SecretInput } = await import("../../secret_input.ts");
  using input = new SecretInput();
  const password = await input.ask("Password: ", signal);
  if (password === undefined) return undefined;
  if (password === "") throw new ClaustrumError("the password is empty");
  const again = await input.ask("The same password again: ", signal);
  if (again === undefined) return undefined;
  if (again !== password) throw new ClaustrumError("the two passwords differ");
  return password;
}

async function readPassword(): Promise<string> {
  const bytes = await readUpTo(Deno.stdin, MAX_BYTES);
  const text = decode(bytes).replace(/\r?\n$/, "");
  if (/[\r\n]/.test(text)) throw new ClaustrumError("the password must be one line");
  return text;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ClaustrumError("the password is not UTF-8", { cause: error });
  }
}

/**
 * A session of a host in the terminal of this machine, over the person's own `ssh`.
 *
 * @module
 */

import { RequestError } from "../system/request_error.ts";
import { shellQuote } from "../system/quote.ts";
import { readSshNames } from "./ssh_names.ts";
import { parseSshTarget, targetArguments } from "./ssh_target.ts";
import type { Host } from "./types.ts";

/** The command of the host; every login shell passes it on untouched. */
const ATTACH = "exec sh -c '" + [
  'PATH="$PATH:$HOME/.local/bin"',
  // Without a locale, tmux draws underscores in the place of most characters.
  '[ -n "$LC_ALL$LC_CTYPE$LANG" ] || export LC_CTYPE=C.UTF-8',
  'exec claustrum session attach "$@"',
].join("; ") + "' sh";

/**
 * Returns a host as `ssh` reaches it: one over another line may have its name in the person's ssh configuration.
 *
 * @param home The home directory of the person.
 */
export async function overOwnSsh(host: Host, home: string | undefined): Promise<Host> {
  if (host.line === "ssh" || home === undefined) return host;
  const isKnown = (await readSshNames(home)).includes(host.name);
  return isKnown ? { ...host, line: "ssh", address: `ssh://${host.name}` } : host;
}

/**
 * Returns the arguments of `ssh` that open a session of a host in this terminal.
 *
 * @param id The id of the session.
 * @param isInterrupted Whether a turn that runs is interrupted.
 * @throws {RequestError} If the host is not reached over SSH.
 */
export function attachArguments({ name, line, address }: Host, id: string, isInterrupted: boolean): string[] {
  if (line !== "ssh" || address === undefined) {
    throw new RequestError(
      "refused",
      `${name} is reached over ${line}, which carries no terminal: log in there and run claustrum session attach ` +
        `${shellQuote(id)}, or name it ${name} in ~/.ssh/config`,
    );
  }
  const words = [...(isInterrupted ? ["--interrupt"] : []), "--", id].map(shellQuote);
  return ["-t", ...targetArguments(parseSshTarget(address)), `${ATTACH} ${words.join(" ")}`];
}

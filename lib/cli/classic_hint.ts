/**
 * Tells people who have mistyped a flag of the classic spelling where the help is.
 *
 * @module
 */

import { suggestion } from "./suggest.ts";

/** What people mean by short flags that other tools have. */
const SHORT_FORMS: Readonly<Record<string, string>> = { "-v": "--version", "-V": "--version", "-?": "help" };

/**
 * Returns one sentence about flags of which none chooses a mode.
 *
 * @param args The arguments, of which the first is a flag.
 */
export async function classicHint([given = "", ...more]: readonly string[]): Promise<string> {
  const help = "claustrum help lists the commands";
  const flag = given.split("=")[0]!;
  const known = ["--version", "--help", "--socket"].map((name) => ({ name }));
  const meant = SHORT_FORMS[flag];
  if (meant !== undefined) return `did you mean claustrum ${meant}? ${help}`;
  const command = more.find((word) => !word.startsWith("-"));
  if (command !== undefined) return `flags come after the command, as in claustrum ${command} ${flag}; ${help}`;
  const guess = /: did you mean (.*)\?$/.exec(await suggestion(flag.replace(/^-(?=[^-])/, "--"), known))?.[1];
  return guess === undefined ? help : `did you mean claustrum ${guess}? ${help}`;
}

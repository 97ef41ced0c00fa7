/**
 * Generates completion scripts for shells from the definitions of the commands.
 *
 * @module
 */

import type { Program } from "./command.ts";
import { prefixesOf } from "./completion_prefixes.ts";
import { bashScript } from "./completions_bash.ts";
import { fishScript } from "./completions_fish.ts";
import { zshScript } from "./completions_zsh.ts";

/** The supported shells. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A supported shell. */
export type Shell = typeof SHELLS[number];

/** Generates the completion script for a shell. */
export async function completionScript(shell: Shell, program: Program): Promise<string> {
  const prefixes = await prefixesOf(program.commands);
  switch (shell) {
    case "bash":
      return bashScript(prefixes);
    case "zsh":
      return zshScript(prefixes);
    case "fish":
      return fishScript(prefixes);
  }
}

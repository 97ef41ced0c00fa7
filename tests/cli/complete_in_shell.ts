import { assertEquals } from "@std/assert";
import type { Shell } from "../../lib/cli/completions.ts";
import { plainEnvironment } from "../helpers/daemon.ts";
import { soon } from "../helpers/wait.ts";

/** Command lines that print the completions of some words in a shell, one per line. */
const COMPLETE: Readonly<Record<Shell, (script: string, words: readonly string[]) => string[]>> = {
  bash: (script, words) => [
    "bash",
    "-c",
    `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _claustrum; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    ...words,
  ],
  zsh: (script, words) => [
    "zsh",
    "-fc",
    `compdef() { :; }; source ${script}; current=$@[-1]
     compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "\${(@M)@:#$current*}"; }
     compset() { current=\${current#*=}; }
     _normal() { print -l normal; }
     _describe() { print -rl -- "\${(@)names%%:*}" | grep "^$current" | sort -u; }
     _files() { print -l files; }
     words=("$@") CURRENT=$#; _claustrum`,
    "zsh",
    ...words,
  ],
  fish: (script, words) => [
    "fish",
    "--no-config",
    "-c",
    `source ${script}; complete -C "$argv" | cut -f1`,
    ...words,
  ],
};

/**
 * Completes the last word in a shell; returns the candidates, sorted.
 *
 * @param directory Where `claustrum` and the script with the completions are, as `script`.
 */
export async function completeInShell(shell: Shell, directory: string, words: readonly string[]): Promise<string[]> {
  const [program, ...args] = COMPLETE[shell](`${directory}/script`, words) as [string, ...string[]];
  const env = { ...plainEnvironment(directory), PATH: `${directory}:/usr/local/bin:/usr/bin:/bin` };
  const command = new Deno.Command(program, { args, env, clearEnv: true, cwd: directory, stdin: "null" });
  const { stdout, stderr } = await soon(shell, command.output());
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return decoder.decode(stdout).split("\n").filter((line) => line !== "").sort();
}

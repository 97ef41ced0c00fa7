/**
 * Completions for shells, made of what the commands say of themselves.
 *
 * @module
 */

import type { AnyCommand, Program } from "./command.ts";

/** The shells that are known. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell. */
export type Shell = typeof SHELLS[number];

/** The script for a shell. */
export async function completionScript(shell: Shell, program: Program): Promise<string> {
  const commands = await Promise.all(
    Object.entries(program.summaries).map(async ([name, summary]) => ({
      name,
      summary,
      command: await program.load(name),
    })),
  );
  switch (shell) {
    case "bash":
      return bashScript(commands);
    case "zsh":
      return zshScript(commands);
    case "fish":
      return fishScript(commands);
  }
}

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly command: AnyCommand;
}

function flagsOf({ flags }: AnyCommand): string[] {
  return ["--help", ...Object.keys(flags).map((name) => `--${name}`)];
}

function bashScript(commands: readonly Entry[]): string {
  const cases = commands.map(({ name, command }) => `    ${name}) words="${flagsOf(command).join(" ")}" ;;`);
  return `_claustrum() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")}" -- "$current"))
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
    esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -F _claustrum claustrum`;
}

function zshScript(commands: readonly Entry[]): string {
  const names = commands.map(({ name, summary }) => `    ${singleQuoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, command }) => `    ${name}) words_of=(${flagsOf(command).join(" ")}) ;;`);
  return `#compdef claustrum
_claustrum() {
  local -a commands words_of
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case \${words[2]} in
${cases.join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then compadd -- $words_of; else _files; fi
}
compdef _claustrum claustrum`;
}

function fishScript(commands: readonly Entry[]): string {
  const lines = commands.flatMap(({ name, summary, command }) => [
    `complete -c claustrum -n __fish_use_subcommand -f -a ${name} -d ${singleQuoted(summary)}`,
    ...Object.entries(command.flags).map(([flag, { help, value }]) =>
      `complete -c claustrum -n '__fish_seen_subcommand_from ${name}' -l ${flag}${
        value === undefined ? "" : " -r"
      } -d ${singleQuoted(help)}`
    ),
  ]);
  return lines.join("\n");
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

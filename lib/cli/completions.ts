/**
 * Generates completion scripts for shells from the definitions of the commands.
 *
 * @module
 */

import { type AnyCommand, type CommandTable, isGroup, type Program } from "./command.ts";

/** The supported shells. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A supported shell. */
export type Shell = typeof SHELLS[number];

/** Generates the completion script for a shell. */
export async function completionScript(shell: Shell, program: Program): Promise<string> {
  const prefixes = await prefixesOf([], program.commands);
  switch (shell) {
    case "bash":
      return bashScript(prefixes);
    case "zsh":
      return zshScript(prefixes);
    case "fish":
      return fishScript(prefixes);
  }
}

/** A prefix of a command line, and what may follow it. */
interface CommandPrefix {
  /** The words of the prefix, without the name of the program. */
  readonly path: readonly string[];
  /** The commands that may follow, each with its summary. */
  readonly commands: readonly (readonly [name: string, summary: string])[];
  /** The command with this name; for a group, its default command. */
  readonly command: AnyCommand | undefined;
}

async function prefixesOf(path: readonly string[], table: CommandTable, fallback?: string): Promise<CommandPrefix[]> {
  const nodes = await Promise.all(
    Object.entries(table).map(async ([name, { summary, load }]) => ({ name, summary, node: (await load()).default })),
  );
  const below = await Promise.all(nodes.map(({ name, node }) => {
    const next = [...path, name];
    if (isGroup(node)) return prefixesOf(next, node.commands, node.defaultCommand);
    return [{ path: next, commands: [], command: node }];
  }));
  const byDefault = nodes.find(({ name }) => name === fallback)?.node;
  const command = byDefault === undefined || isGroup(byDefault) ? undefined : byDefault;
  return [{ path, commands: nodes.map(({ name, summary }) => [name, summary] as const), command }, ...below.flat()];
}

function flagsOf({ command }: CommandPrefix): string[] {
  return ["--help", ...Object.keys(command?.flags ?? {}).map((name) => `--${name}`)];
}

/** Returns the flags that take a value, in their long and short forms. */
function valuedFlagsOf({ command }: CommandPrefix): string[] {
  return Object.entries(command?.flags ?? {}).flatMap(([name, { kind, short }]) =>
    kind === "boolean" ? [] : [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]
  );
}

function completesProcesses({ command }: CommandPrefix): boolean {
  return command?.completes === "processes";
}

/** Formats a prefix for a `case` pattern of a shell, like `/session/start`. */
function patternOf({ path }: CommandPrefix): string {
  return path.map((word) => `/${word}`).join("");
}

function bashScript(prefixes: readonly CommandPrefix[]): string {
  const cases = prefixes.map((prefix) => {
    const names = prefix.commands.map(([name]) => name).join(" ");
    const processes = completesProcesses(prefix) ? ` valued=" ${valuedFlagsOf(prefix).join(" ")} " processes=yes` : "";
    const pattern = patternOf(prefix) || '""';
    return `    ${pattern}) names="${names}" words="${flagsOf(prefix).join(" ")}"${processes} ;;`;
  });
  return `_claustrum_processes() {
  local i id socket=()
  for ((i = 1; i + 1 < COMP_CWORD; i++)); do
    if [ "\${COMP_WORDS[i]}" = --socket ]; then
      socket=(--socket "\${COMP_WORDS[i + 1]}")
      [ "\${COMP_WORDS[i + 1]}" != = ] || socket=(--socket "\${COMP_WORDS[i + 2]}")
    fi
  done
  # compgen -W would run command substitutions in the ids.
  while IFS= read -r id; do
    case $id in "$1"*) COMPREPLY+=("$(printf %q "$id")") ;; esac
  done < <("\${COMP_WORDS[0]}" ps --quiet "\${socket[@]}" 2>/dev/null)
}
_claustrum() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local at= i names= words= valued= processes=
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $at/\${COMP_WORDS[i]} in
      ${prefixes.slice(1).map(patternOf).join(" | ")}) at=$at/\${COMP_WORDS[i]} ;;
      *) break ;;
    esac
  done
  case $at in
${cases.join("\n")}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")); return ;;
  esac
  if [ -n "$names" ] && [ "$i" -eq "$COMP_CWORD" ]; then
    COMPREPLY=($(compgen -W "$names" -- "$current"))
  elif [ -n "$processes" ] && [[ $valued != *" $previous "* ]]; then
    _claustrum_processes "$current"
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _claustrum claustrum`;
}

function zshScript(prefixes: readonly CommandPrefix[]): string {
  const cases = prefixes.map((prefix) => {
    const names = prefix.commands.map(([name, summary]) => singleQuoted(`${name}:${summary}`)).join(" ");
    const processes = completesProcesses(prefix) ? ` valued=(${valuedFlagsOf(prefix).join(" ")}) processes=yes` : "";
    const pattern = patternOf(prefix) || '""';
    return `    ${pattern}) commands=(${names}) words_of=(${flagsOf(prefix).join(" ")})${processes} ;;`;
  });
  return `#compdef claustrum
_claustrum_processes() {
  local -a ids socket
  local i=\${words[(I)--socket]}
  (( i > 0 && i + 1 < CURRENT )) && socket=(--socket "\${words[i + 1]}")
  ids=("\${(@f)$("\${(Q)words[1]}" ps --quiet $socket 2>/dev/null)}")
  compadd -- $ids
}
_claustrum() {
  local -a commands words_of valued
  local at= i processes=
  for (( i = 2; i < CURRENT; i++ )); do
    case $at/\${words[i]} in
      ${prefixes.slice(1).map(patternOf).join(" | ")}) at=$at/\${words[i]} ;;
      *) break ;;
    esac
  done
  case $at in
${cases.join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    compadd -- $words_of
  elif (( $#commands > 0 && i == CURRENT )); then
    _describe command commands
  elif [[ -n $processes ]] && (( ! \${valued[(Ie)\${words[CURRENT - 1]}]} )); then
    _claustrum_processes
  else
    _files
  fi
}
compdef _claustrum claustrum`;
}

const FISH_FUNCTIONS = `function __claustrum_at --description 'whether the command line starts with these words'
  set -l words (commandline -opc)[2..]
  set -l length (count $argv)
  test $length -eq 0; and return 0
  test (count $words) -ge $length; and test "$words[1..$length]" = "$argv"
end
function __claustrum_follows --description 'whether the cursor follows exactly these words'
  set -l words (commandline -opc)[2..]
  test (count $words) -eq (count $argv); and __claustrum_at $argv
end
function __claustrum_processes
  set -l words (commandline -opc)
  set -l i (contains -i -- --socket $words)
  set -l socket
  test -n "$i"; and set socket --socket $words[(math $i + 1)]
  $words[1] ps --quiet $socket 2>/dev/null
end`;

function fishScript(prefixes: readonly CommandPrefix[]): string {
  const lines = prefixes.flatMap((prefix) => {
    const words = prefix.path.map((word) => ` ${word}`).join("");
    return [
      ...prefix.commands.map(([name, summary]) =>
        `complete -c claustrum -n '__claustrum_follows${words}' -f -a ${name} -d ${singleQuoted(summary)}`
      ),
      ...Object.entries(prefix.command?.flags ?? {}).map(([flag, { help, value }]) =>
        `complete -c claustrum -n '__claustrum_at${words}' -l ${flag}${value === undefined ? "" : " -r"} -d ${
          singleQuoted(help)
        }`
      ),
      ...(completesProcesses(prefix)
        ? [`complete -c claustrum -n '__claustrum_at${words}' -f -a '(__claustrum_processes)'`]
        : []),
    ];
  });
  return [FISH_FUNCTIONS, ...lines].join("\n");
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Generates completion scripts for shells from the definitions of the commands.
 *
 * @module
 */

import { methodNames } from "../rpc/protocol.ts";
import { type AnyCommand, type CommandTable, type FlagSpec, isGroup, type Program } from "./command.ts";

/** The supported shells. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Lists the names of sessions, if a hub is running. */
const LIST_SESSIONS = "session list --all --quiet --no-start";
/** Lists the names of instances of remote control, if a hub is running. */
const LIST_INSTANCES = "remote list --quiet --no-start";

/** Lists the names of projects, if a hub is running. */
const LIST_PROJECTS = "project list --quiet --no-start";

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

/** What the arguments of a command may name; each has a function in the script. */
function namedBy(
  { command }: CommandPrefix,
): readonly ("sessions" | "processes" | "methods" | "instances" | "projects")[] {
  const named = command?.completes;
  if (named === undefined) return [];
  return named === "sessions and processes" ? ["sessions", "processes"] : [named];
}

/** The flags whose values are known, in their long and short forms, with these values. */
function wordedFlagsOf({ command }: CommandPrefix): (readonly [flags: readonly string[], words: readonly string[]])[] {
  return Object.entries(command?.flags ?? {}).flatMap(([name, { short, words }]) =>
    words === undefined ? [] : [[[`--${name}`, ...(short === undefined ? [] : [`-${short}`])], words] as const]
  );
}

/** Formats what a function of a shell does for each flag whose values are known. */
function wordCases(prefixes: readonly CommandPrefix[], complete: (words: string) => string): string {
  return prefixes.flatMap((prefix) =>
    wordedFlagsOf(prefix).map(([flags, words]) => {
      const patterns = flags.map((flag) => `${patternOf(prefix)}:${flag}`).join(" | ");
      return `    ${patterns}) ${complete(words.join(" "))}; return ;;`;
    })
  ).join("\n");
}

/** The methods of the daemon, as words. */
function methodWords(): string {
  return [...methodNames("contract"), ...methodNames("extensions")].join(" ");
}

/** Formats a prefix for a `case` pattern of a shell, like `/session/start`. */
function patternOf({ path }: CommandPrefix): string {
  return path.map((word) => `/${word}`).join("");
}

function bashScript(prefixes: readonly CommandPrefix[]): string {
  const cases = prefixes.map((prefix) => {
    const names = prefix.commands.map(([name]) => name).join(" ");
    const named = namedBy(prefix);
    const ids = named.length === 0 ? "" : ` valued=" ${valuedFlagsOf(prefix).join(" ")} " ids="${named.join(" ")}"`;
    const pattern = patternOf(prefix) || '""';
    return `    ${pattern}) names="${names}" words="${flagsOf(prefix).join(" ")}"${ids} ;;`;
  });
  return `_claustrum_given() {
  # Collects the values of some flags, for a command that lists candidates.
  local i flag
  for ((i = 1; i + 1 < COMP_CWORD; i++)); do
    for flag; do
      [ "\${COMP_WORDS[i]}" = "$flag" ] || continue
      given+=("$flag")
      if [ "\${COMP_WORDS[i + 1]}" = = ]; then given+=("\${COMP_WORDS[i + 2]}"); else given+=("\${COMP_WORDS[i + 1]}"); fi
    done
  done
}
_claustrum_add() {
  # compgen -W would run command substitutions in the ids.
  local id current=$1
  shift
  while IFS= read -r id; do
    case $id in "$current"*) COMPREPLY+=("$(printf %q "$id")") ;; esac
  done < <("\${COMP_WORDS[0]}" "$@" 2>/dev/null)
}
_claustrum_processes() {
  local given=()
  _claustrum_given --socket
  _claustrum_add "$1" ps --quiet "\${given[@]}"
}
_claustrum_methods() {
  COMPREPLY+=($(compgen -W "${methodWords()}" -- "$1"))
}
_claustrum_files() {
  # The shell quotes file names itself, except an old one.
  local name quotes=yes
  compopt -o filenames 2>/dev/null && quotes=
  while IFS= read -r name; do
    if [ -n "$quotes" ]; then COMPREPLY+=("$(printf %q "$name")"); else COMPREPLY+=("$name"); fi
  done < <(compgen -f -- "$1")
}
_claustrum_sessions() {
  local given=()
  _claustrum_given --state-dir --config
  _claustrum_add "$1" ${LIST_SESSIONS} "\${given[@]}"
}
_claustrum_instances() {
  local given=()
  _claustrum_given --state-dir --config
  _claustrum_add "$1" ${LIST_INSTANCES} "\${given[@]}"
}
_claustrum_projects() {
  local given=()
  _claustrum_given --state-dir --config
  _claustrum_add "$1" ${LIST_PROJECTS} "\${given[@]}"
}
_claustrum() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local at= i id names= words= valued= ids=
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
  case $at:$previous in
${wordCases(prefixes, (words) => `COMPREPLY=($(compgen -W "${words}" -- "$current"))`)}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")); return ;;
  esac
  if [ -n "$names" ] && [ "$i" -eq "$COMP_CWORD" ]; then
    COMPREPLY=($(compgen -W "$names" -- "$current"))
  elif [ -n "$ids" ] && [[ $valued != *" $previous "* ]]; then
    for id in $ids; do "_claustrum_$id" "$current"; done
  else
    _claustrum_files "$current"
  fi
}
complete -F _claustrum claustrum`;
}

function zshScript(prefixes: readonly CommandPrefix[]): string {
  const cases = prefixes.map((prefix) => {
    const names = prefix.commands.map(([name, summary]) => singleQuoted(`${name}:${summary}`)).join(" ");
    const named = namedBy(prefix);
    const ids = named.length === 0 ? "" : ` valued=(${valuedFlagsOf(prefix).join(" ")}) ids=(${named.join(" ")})`;
    const pattern = patternOf(prefix) || '""';
    return `    ${pattern}) commands=(${names}) words_of=(${flagsOf(prefix).join(" ")})${ids} ;;`;
  });
  return `#compdef claustrum
_claustrum_add() {
  local -a found given
  local flag i flags=$1
  shift
  for flag in \${=flags}; do
    i=\${words[(I)$flag]}
    (( i > 0 && i + 1 < CURRENT )) && given+=($flag "\${words[i + 1]}")
  done
  found=("\${(@f)$("\${(Q)words[1]}" "$@" $given 2>/dev/null)}")
  compadd -- $found
}
_claustrum_processes() {
  _claustrum_add --socket ps --quiet
}
_claustrum_methods() {
  compadd -- ${methodWords()}
}
_claustrum_sessions() {
  _claustrum_add '--state-dir --config' ${LIST_SESSIONS}
}
_claustrum_instances() {
  _claustrum_add '--state-dir --config' ${LIST_INSTANCES}
}
_claustrum_projects() {
  _claustrum_add '--state-dir --config' ${LIST_PROJECTS}
}
_claustrum() {
  local -a commands words_of valued ids
  local at= i id
  for (( i = 2; i < CURRENT; i++ )); do
    case $at/\${words[i]} in
      ${prefixes.slice(1).map(patternOf).join(" | ")}) at=$at/\${words[i]} ;;
      *) break ;;
    esac
  done
  case $at in
${cases.join("\n")}
  esac
  case $at:\${words[CURRENT - 1]} in
${wordCases(prefixes, (words) => `compadd -- ${words}`)}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    compadd -- $words_of
  elif (( $#commands > 0 && i == CURRENT )); then
    _describe command commands
  elif (( $#ids > 0 && ! \${valued[(Ie)\${words[CURRENT - 1]}]} )); then
    for id in $ids; do _claustrum_$id; done
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
function __claustrum_list --description 'runs claustrum with the values of some flags'
  set -l words (commandline -opc)
  set -l given
  for flag in (string split , -- $argv[1])
    set -l i (contains -i -- $flag $words)
    test -n "$i"; and set given $given $flag $words[(math $i + 1)]
  end
  $words[1] $argv[2..] $given 2>/dev/null
end
function __claustrum_processes
  __claustrum_list --socket ps --quiet
end
function __claustrum_methods
  string split ' ' '${methodWords()}'
end
function __claustrum_sessions
  __claustrum_list --state-dir,--config ${LIST_SESSIONS}
end
function __claustrum_instances
  __claustrum_list --state-dir,--config ${LIST_INSTANCES}
end
function __claustrum_projects
  __claustrum_list --state-dir,--config ${LIST_PROJECTS}
end`;

function fishScript(prefixes: readonly CommandPrefix[]): string {
  const lines = prefixes.flatMap((prefix) => {
    const words = prefix.path.map((word) => ` ${word}`).join("");
    return [
      ...prefix.commands.map(([name, summary]) =>
        `complete -c claustrum -n '__claustrum_follows${words}' -f -a ${name} -d ${singleQuoted(summary)}`
      ),
      ...Object.entries(prefix.command?.flags ?? {}).map(([flag, spec]) =>
        `complete -c claustrum -n '__claustrum_at${words}' -l ${flag}${fishValue(spec)} -d ${singleQuoted(spec.help)}`
      ),
      ...namedBy(prefix).map((ids) => `complete -c claustrum -n '__claustrum_at${words}' -f -a '(__claustrum_${ids})'`),
    ];
  });
  return [FISH_FUNCTIONS, ...lines].join("\n");
}

function fishValue({ value, short, words }: FlagSpec): string {
  const letter = short === undefined ? "" : ` -s ${short}`;
  if (value === undefined) return letter;
  return words === undefined ? `${letter} -r` : `${letter} -x -a ${singleQuoted(words.join(" "))}`;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

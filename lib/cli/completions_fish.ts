/**
 * Generates the completion script for fish.
 *
 * @module
 */

import type { FlagSpec } from "./command.ts";
import {
  commandAt,
  type CommandPrefix,
  LISTING,
  methodWords,
  namedBy,
  PLACE_FLAGS,
  singleQuoted,
  valuedFlagsOf,
} from "./completion_prefixes.ts";

const HELPERS = `function __claustrum_at --description 'whether the command line starts with these words'
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
function __claustrum_own --description 'where a command of its own begins: after WORDS and ARGUMENTS, and VALUED flags'
  set -l words (commandline -opc)[2..]
  set -l n (math $argv[1] + 1)
  set -l before $argv[2]
  set -l ended
  while test $n -le (count $words)
    if test "$words[$n]" = --
      set ended yes
    else if test -z "$ended"; and string match -q -- '-*' $words[$n]
      contains -- $words[$n] $argv[3..]; and set n (math $n + 1)
    else if test $before -eq 0
      break
    else
      set before (math $before - 1)
      set ended yes
    end
    set n (math $n + 1)
  end
  test $before -eq 0; or return 1
  test $n -le (math (count $words) + 1); or return 1
  set -l current (commandline -ct)
  test $n -le (count $words); or not string match -q -- '-*' "$ended$current"; or return 1
  echo $n
end
function __claustrum_command --description 'completes a command of its own, which begins at a word'
  set -l words (commandline -opc)[2..]
  set -l line (string escape -- $words[$argv[1]..] | string join ' ')
  set -l current (commandline -ct)
  complete -C "$line $current"
end
function __claustrum_methods
  string split ' ' '${methodWords()}'
end`;

/** Generates the script. */
export function fishScript(prefixes: readonly CommandPrefix[]): string {
  const lines = prefixes.flatMap((prefix) => {
    const words = prefix.path.map((word) => ` ${word}`).join("");
    const before = commandAt(prefix);
    const own = `__claustrum_own ${prefix.path.length} ${before} ${valuedFlagsOf(prefix).join(" ")}`;
    const [at, here] = before === undefined
      ? [`__claustrum_at${words}`, undefined]
      : [`__claustrum_at${words}; and not ${own} >/dev/null`, `__claustrum_at${words}; and ${own} >/dev/null`];
    return [
      ...prefix.commands.map(([name, summary]) =>
        `complete -c claustrum -n '__claustrum_follows${words}' -f -a ${name} -d ${singleQuoted(summary)}`
      ),
      ...Object.entries(prefix.command?.flags ?? {}).map(([flag, spec]) =>
        `complete -c claustrum -n '${at}' -l ${flag}${fishValue(spec)} -d ${singleQuoted(spec.help)}`
      ),
      ...namedBy(prefix).map((ids) => `complete -c claustrum -n '${at}' -f -a '(__claustrum_${ids})'`),
      ...(here === undefined ? [] : [`complete -c claustrum -n '${here}' -f -a '(__claustrum_command (${own}))'`]),
    ];
  });
  return [HELPERS, listings(), ...lines].join("\n");
}

/** Formats the functions that list candidates. */
function listings(): string {
  return Object.entries(LISTING).map(([name, command]) =>
    `function __claustrum_${name}
  __claustrum_list ${PLACE_FLAGS[name as keyof typeof LISTING].join(",")} ${command}
end`
  ).join("\n");
}

function fishValue({ value, short, words, takesLabels }: FlagSpec): string {
  const letter = short === undefined ? "" : ` -s ${short}`;
  if (value === undefined) return letter;
  if (words === undefined) return `${letter} -r`;
  const labels = takesLabels === true ? ' (__claustrum_labels | string replace -r "^" label=)' : "";
  return `${letter} -x -a ${singleQuoted(words.join(" ") + labels)}`;
}

/**
 * Generates the completion script for zsh.
 *
 * @module
 */

import {
  anyPattern,
  commandAt,
  type CommandPrefix,
  flagsOf,
  LISTING,
  methodWords,
  namedBy,
  patternOf,
  PLACE_FLAGS,
  singleQuoted,
  valuedFlagsOf,
  wordedFlagsOf,
} from "./completion_prefixes.ts";

const HELPERS = `_claustrum_add() {
  # Adds what a command lists, which is given the values of some flags.
  local -a found given
  local n flag start=$1 flags=$2
  shift 2
  for flag in \${=flags}; do
    n=\${words[(I)$flag]}
    (( n > 0 && n + 1 < CURRENT )) && given+=($flag "\${words[n + 1]}")
    n=\${words[(I)$flag=*]}
    (( n > 0 && n < CURRENT )) && given+=("\${words[n]}")
  done
  found=("\${(@f)$("\${(Q)words[1]}" "$@" "\${(@Q)given}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  (( $#found > 0 )) && compadd -- "\${(@)found/#/$start}"
}
_claustrum_words() {
  # Adds words; what ends with = goes on.
  local -a whole=("\${(@)@:#*=}") begun=("\${(@M)@:#*=}")
  (( $#whole > 0 )) && compadd -- $whole
  (( $#begun > 0 )) && compadd -S '' -- $begun
}
_claustrum_methods() {
  compadd -- ${methodWords()}
}`;

const COMPLETE = `  case $at:$previous in
CASES
  esac
  # A command of its own begins after some arguments; flags come before all of them.
  if [[ -n $own ]]; then
    for (( n = i; n < CURRENT; n++ )); do
      if [[ \${words[n]} == -- ]]; then ended=yes; continue; fi
      if [[ -z $ended && \${words[n]} == -* ]]; then
        (( \${valued[(Ie)\${words[n]}]} )) && (( n++ ))
        continue
      fi
      (( own == 0 )) && break
      (( own-- ))
      ended=yes
    done
    if (( n < CURRENT )) || { (( own == 0 && n == CURRENT )) && [[ $ended$current != -* ]] }; then
      words=("\${(@)words[n,-1]}")
      (( CURRENT -= n - 1 ))
      _normal
      return
    fi
  fi
  if [[ $current == -* ]]; then
    compadd -- $flags
  elif (( $#names > 0 && i == CURRENT )); then
    _describe command names
  elif (( $#ids > 0 && ! \${valued[(Ie)$previous]} )); then
    for id in $ids; do _claustrum_$id; done
  else
    _files
  fi`;

/** Generates the script. */
export function zshScript(prefixes: readonly CommandPrefix[]): string {
  const cases = prefixes.map((prefix) => {
    const names = prefix.commands.map(([name, summary]) => singleQuoted(`${name}:${summary}`)).join(" ");
    const pattern = patternOf(prefix) || '""';
    const settings = [
      `names=(${names})`,
      `flags=(${flagsOf(prefix).join(" ")})`,
      `valued=(${valuedFlagsOf(prefix).join(" ")})`,
      `ids=(${namedBy(prefix).join(" ")})`,
      `own=${commandAt(prefix) ?? ""}`,
    ];
    return `    ${pattern}) ${settings.join(" ")} ;;`;
  });
  return `#compdef claustrum
${HELPERS}
${listings()}
_claustrum() {
  local -a names flags valued ids
  local at= i n id own= ended= current=\${words[CURRENT]} previous=\${words[CURRENT - 1]}
  for (( i = 2; i < CURRENT; i++ )); do
    case $at/\${words[i]} in
      ${anyPattern(prefixes)}) at=$at/\${words[i]} ;;
      *) break ;;
    esac
  done
  case $at in
${cases.join("\n")}
  esac
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*} current=\${current#*=}
    compset -P 1 '*='
  fi
${COMPLETE.replace("CASES", () => wordCases(prefixes))}
}
compdef _claustrum claustrum`;
}

/** Formats the functions that add what a command lists. */
function listings(): string {
  return Object.entries(LISTING).map(([name, command]) =>
    `_claustrum_${name}() {
  _claustrum_add "$1" '${PLACE_FLAGS[name as keyof typeof LISTING].join(" ")}' ${command}
}`
  ).join("\n");
}

/** Formats what completes the values of the flags whose values are known. */
function wordCases(prefixes: readonly CommandPrefix[]): string {
  return prefixes.flatMap((prefix) =>
    wordedFlagsOf(prefix).map(({ flags, words, takesLabels }) => {
      const patterns = flags.map((flag) => `${patternOf(prefix)}:${flag}`).join(" | ");
      const labels = takesLabels ? ` [[ $current != label=* ]] || _claustrum_labels label=;` : "";
      return `    ${patterns}) _claustrum_words ${words.join(" ")};${labels} return ;;`;
    })
  ).join("\n");
}

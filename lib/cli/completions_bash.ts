/**
 * Generates the completion script for bash.
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
  valuedFlagsOf,
  wordedFlagsOf,
} from "./completion_prefixes.ts";

/** The helpers; `words` are the words before the cursor and the one at it, `last` is the index of that one. */
const HELPERS = `_claustrum_words() {
  # Bash splits words at = and :, too, which ids and filters contain. Puts them together again.
  local line=\${COMP_LINE:0:\${COMP_POINT:-0}} n word space
  words=() raw=()
  for ((n = 0; n <= COMP_CWORD; n++)); do
    word=\${COMP_WORDS[n]} space=
    case $line in [[:space:]]*) space=yes ;; esac
    while [[ $line == [[:space:]]* ]]; do line=\${line#?}; done
    if [ "$n" -gt 0 ] && [ -z "$space" ] && [ -n "$COMP_LINE" ]; then words[\${#words[@]} - 1]+=$word
    else words+=("$word") raw+=("$n")
    fi
    line=\${line#"$word"}
  done
  last=$((\${#words[@]} - 1))
}
_claustrum_given() {
  # Collects the values of some flags, for a command that lists candidates.
  local n flag
  for ((n = 1; n < last; n++)); do
    for flag; do
      case \${words[n]} in
        "$flag") [ $((n + 1)) -lt "$last" ] && given+=("$flag" "\${words[n + 1]}") ;;
        "$flag"=*) given+=("\${words[n]}") ;;
      esac
    done
  done
}
_claustrum_add() {
  # compgen -W would run command substitutions in the ids.
  local id quoted start=$1
  shift
  while IFS= read -r id; do
    printf -v quoted %q "$start$id"
    case $start$id in "$current"*) COMPREPLY+=("$quoted"); continue ;; esac
    case $quoted in "$current"*) COMPREPLY+=("$quoted") ;; esac
  done < <("\${words[0]}" "$@" 2>/dev/null)
}
_claustrum_files() {
  # The shell quotes file names itself, except an old one.
  local name quotes=yes
  compopt -o filenames 2>/dev/null && quotes=
  while IFS= read -r name; do
    if [ -n "$quotes" ]; then COMPREPLY+=("$(printf %q "$name")"); else COMPREPLY+=("$name"); fi
  done < <(compgen -f -- "$current")
}
_claustrum_command() {
  # Completes a command line of its own, which begins at a word.
  if declare -F _command_offset >/dev/null; then
    _command_offset "\${raw[$1]}"
    whole= current= # what it has found fits the command line already
  elif [ "$1" -lt "$last" ] || [[ $current == */* ]]; then _claustrum_files
  else COMPREPLY+=($(compgen -c -- "$current" | sort -u))
  fi
}
_claustrum_methods() {
  COMPREPLY+=($(compgen -W "${methodWords()}" -- "$current"))
}`;

/** Completes what \`words\` end with. */
const COMPLETE = `  case $at:$previous in
CASES
  esac
  # A command of its own begins after some arguments; flags come before all of them.
  if [ -n "$own" ]; then
    for ((n = i; n < last; n++)); do
      if [ "\${words[n]}" = -- ]; then ended=yes; continue; fi
      if [ -z "$ended" ] && [[ \${words[n]} == -* ]]; then
        [[ $valued == *" \${words[n]} "* ]] && n=$((n + 1))
        continue
      fi
      [ "$own" -eq 0 ] && break
      own=$((own - 1)) ended=yes
    done
    if [ "$n" -lt "$last" ] || { [ "$own" -eq 0 ] && [ "$n" -eq "$last" ] && [[ $ended$current != -* ]]; }; then
      _claustrum_command "$n"
      return
    fi
  fi
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")); return ;;
  esac
  if [ -n "$names" ] && [ "$i" -eq "$last" ]; then
    COMPREPLY=($(compgen -W "$names" -- "$current"))
  elif [ -n "$ids" ] && [[ $valued != *" $previous "* ]]; then
    for id in $ids; do "_claustrum_$id"; done
  else
    _claustrum_files
  fi`;

/** Generates the script. */
export function bashScript(prefixes: readonly CommandPrefix[]): string {
  const cases = prefixes.map((prefix) => {
    const names = prefix.commands.map(([name]) => name).join(" ");
    const pattern = patternOf(prefix) || '""';
    const settings = [
      `names="${names}"`,
      `flags="${flagsOf(prefix).join(" ")}"`,
      `valued=" ${valuedFlagsOf(prefix).join(" ")} "`,
      `ids="${namedBy(prefix).join(" ")}"`,
      `own=${commandAt(prefix) ?? ""}`,
    ];
    return `    ${pattern}) ${settings.join(" ")} ;;`;
  });
  return `${HELPERS}
${listings()}
_claustrum_reply() {
  local previous=\${words[last - 1]} at= i n id names= flags= valued= ids= own= ended=
  case $current in
    --*=*) previous=\${current%%=*} current=\${current#*=} ;;
  esac
  for ((i = 1; i < last; i++)); do
    case $at/\${words[i]} in
      ${anyPattern(prefixes)}) at=$at/\${words[i]} ;;
      *) break ;;
    esac
  done
  case $at in
${cases.join("\n")}
  esac
${COMPLETE.replace("CASES", () => wordCases(prefixes))}
}
_claustrum() {
  local words raw last current whole breaks= n
  COMPREPLY=()
  _claustrum_words
  current=\${words[last]} whole=\${words[last]}
  _claustrum_reply
  # Bash replaces only what follows the last = or :, and adds a space unless it is told not to.
  for n in = :; do [[ $COMP_WORDBREAKS == *"$n"* ]] && breaks+=$n; done
  for ((n = 0; n < \${#COMPREPLY[@]}; n++)); do
    [[ \${COMPREPLY[n]} == *= ]] && compopt -o nospace 2>/dev/null
    [ "$current" = "$whole" ] || COMPREPLY[n]=\${whole%"$current"}\${COMPREPLY[n]}
    if [ -n "$breaks" ] && [[ $whole == *[$breaks]* ]]; then
      COMPREPLY[n]=\${COMPREPLY[n]#"\${whole%"\${whole##*[$breaks]}"}"}
    fi
  done
}
complete -F _claustrum claustrum`;
}

/** Formats the functions that add what a command lists. */
function listings(): string {
  return Object.entries(LISTING).map(([name, command]) =>
    `_claustrum_${name}() {
  local given=()
  _claustrum_given ${PLACE_FLAGS[name as keyof typeof LISTING].join(" ")}
  _claustrum_add "$1" ${command} "\${given[@]}"
}`
  ).join("\n");
}

/** Formats what completes the values of the flags whose values are known. */
function wordCases(prefixes: readonly CommandPrefix[]): string {
  return prefixes.flatMap((prefix) =>
    wordedFlagsOf(prefix).map(({ flags, words, takesLabels }) => {
      const patterns = flags.map((flag) => `${patternOf(prefix)}:${flag}`).join(" | ");
      const labels = takesLabels ? ` [[ $current != label=* ]] || _claustrum_labels label=;` : "";
      return `    ${patterns}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"));${labels} return ;;`;
    })
  ).join("\n");
}

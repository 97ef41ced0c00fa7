/**
 * The small programs of `sh` that look at a host, install a release there, and take it away again.
 *
 * They travel on the command line, so they are written in what every login shell passes on untouched: a line in single
 * quotes, without single quotes, exclamation marks and newlines, and with backslashes before letters, digits and double
 * quotes only. Each line that they print for the hub begins with a mark, because start-up files print things, too.
 *
 * @module
 */

import { LAUNCHER, type Release } from "./release.ts";

const MARK = /^[a-z0-9]{8,}$/;

/** What all of the programs begin with. */
const PRELUDE = [
  'd="${XDG_DATA_HOME:-$HOME/.local/share}/claustrum/versions"',
  'b="$HOME/.local/bin"',
  'l="$b/claustrum"',
  'say() { printf "%s %s\\n" "$m" "$*"; }',
  'fail() { say failed "$*"; exit 1; }',
  'case "$d" in /*) ;; *) fail "its home directory is unknown there: HOME must be an absolute path" ;; esac',
  // Which of the versions the launcher runs; one that somebody else has put there says nothing, and may be a large program.
  'named() { r=""; q=0; [ -f "$l" ] && while [ "$q" -lt 3 ] && read -r w x y; do q=$((q + 1)); ' +
  '[ "$w $x" = "# runs" ] && r="$y"; done 2>/dev/null <"$l"; }',
  'named; c="$r"',
];

/** Tells what the machine is, what is free, and what is installed. */
const PROBE = [
  'say system "$(uname -s) $(uname -m)"',
  "v=$(getconf GNU_LIBC_VERSION 2>/dev/null) || v=$(ldd --version 2>&1)",
  'say libc "$(printf "%s" "$v" | tr "\\n" " " | cut -c 1-80)"',
  'p="$d"; until [ -z "$p" ] || [ -d "$p" ]; do p="${p%/*}"; done',
  'say disk "$(df -Pk "${p:-/}" 2>/dev/null | tail -n 1)"',
  'say place "$d"',
  "for t in tar gzip cut tr; do command -v $t >/dev/null 2>&1 || say missing $t; done",
  "command -v sha256sum >/dev/null 2>&1 || command -v shasum >/dev/null 2>&1 || command -v openssl >/dev/null 2>&1 || " +
  "say missing sha256sum",
  'for v in "$d"/*; do [ -d "$v" ] && say version "${v##*/}"; done',
  '[ -z "$c" ] || say current "$c"',
  '[ -f "$c/.release" ] && say digest "$(cat "$c/.release")"',
  'say found "$(PATH="$PATH:$b"; command -v claustrum 2>/dev/null)"',
  'if [ -x "$l" ]; then say runs "$("$l" -version 2>/dev/null </dev/null | tr "\\n" " ")"; fi',
  "say done",
];

/** Tells a mistake in transit from what was sent; `whole DIR` is made for each release. */
const SUM = "sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum; " +
  'elif command -v shasum >/dev/null 2>&1; then shasum -a 256; else openssl dgst -sha256 -r; fi <"$1" | cut -c 1-64; }';
const HAS = 'has() { [ -f "$1" ] && [ "$(sum "$1")" = "$2" ]; }';

/** Ends the hub's part of a host, and the daemon with its processes. */
const STOP = [
  'o=$("$l" hub stop $e 2>&1 </dev/null) || fail "its hub does not stop: $(printf "%s" "$o" | tr "\\n" " ")"',
  'o=$("$l" stop --yes --all 2>&1 </dev/null) || fail "its daemon does not stop: $(printf "%s" "$o" | tr "\\n" " ")"',
];

/** How the programs of an installation differ. */
export interface InstallScriptOptions {
  /** Random letters, with which the lines begin. */
  readonly mark: string;
  /** What is installed. */
  readonly release: Release;
  /** Whether the archive that follows is compressed. */
  readonly isCompressed: boolean;
  /** Whether the daemon and the hub there become those of the release at once. */
  readonly restarts: boolean;
}

/** Returns the command that looks at a host. */
export function probeCommand(mark: string): string {
  return command(mark, [...PRELUDE, ...PROBE]);
}

/**
 * Returns the command that installs the release whose archive it reads from its stdin. Until the launcher is replaced in
 * one step, nothing that is installed changes.
 */
export function installCommand({ mark, release, isCompressed, restarts }: InstallScriptOptions): string {
  const { files, digest } = release;
  const names = files.map(({ name }) => name).join(" ");
  const programs = files.filter(({ isProgram, name }) => isProgram || name === LAUNCHER).map(({ name }) => name);
  const unpack = `tar -xof - ${names}; s=$?; cat >/dev/null; exit $s`;
  return command(mark, [
    ...PRELUDE,
    SUM,
    HAS,
    `whole() { ${files.map(({ name, sha256 }) => `has "$1/${name}" ${sha256}`).join(" && ")}; }`,
    // The launcher names the directory in double quotes.
    '[ "$(printf "%s" "$d" | tr -d "\\012\\042\\044\\134\\140")" = "$d" ] || ' +
    'fail "its path contains quotes, dollars, backslashes or newlines: $d"',
    '[ -d "$l" ] && fail "$l is a directory: move it away first"',
    'n="$d/.new.$$"; k="$b/.claustrum.$$"',
    'clean() { rm -rf "$n" "$k"; }',
    'trap clean EXIT; trap "exit 1" HUP INT TERM PIPE',
    "umask 022",
    'mkdir -p "$d" "$b" || fail "$d cannot be made"',
    // What installations have left that were killed.
    'for o in "$d"/.new.*; do [ -d "$o" ] && { kill -0 "${o##*.}" 2>/dev/null || rm -rf "$o"; }; done',
    'mkdir "$n" && cd "$n" || fail "$n cannot be made"',
    "say ready",
    isCompressed
      ? `{ gzip -dc || : >.torn; } | ( ${unpack} ) && [ -z "$(ls .torn 2>/dev/null)" ] || ${CUT}`
      : `( ${unpack} ) || ${CUT}`,
    "say checking",
    'whole "$n" || fail "the release arrived altered: nothing was installed"',
    `chmod 755 ${programs.join(" ")} || fail "$n/${LAUNCHER} cannot be made a program"`,
    `v=$("$n/${LAUNCHER}" -version 2>&1 </dev/null) || ` +
    'fail "the release does not run there, and was not installed: $(printf "%s" "$v" | tr "\\n" " ")"',
    "set -f; set -- $v; set +f; i=$2",
    '[ "$1" = claustrum ] && [ -n "$i" ] && [ -z "$(printf "%s" "$i" | tr -d "A-Za-z0-9._+-")" ] && ' +
    '[ "${i#.}" = "$i" ] || fail "the release tells no version, and was not installed: $(printf "%s" "$v" | tr "\\n" " ")"',
    't="$d/$i"',
    // The same version may have been made anew; what runs keeps what it was started from.
    `if [ -e "$t" ]; then whole "$t" || t="$t-${digest.slice(0, 12)}"; fi`,
    'if [ -e "$t" ]; then whole "$t" || rm -rf "$t"; fi',
    `printf "%s" ${digest} >"$n/.release" || fail "the disk is full: nothing was installed"`,
    `sync ${names} 2>/dev/null`,
    'cd "$d"',
    '[ -e "$t" ] || mv "$n" "$t" || fail "$t cannot be made"',
    // Another installation may have been faster, and contains this one now.
    '[ -d "$t/.new.$$" ] && rm -rf "$t/.new.$$"',
    '{ printf "#\\041/bin/sh\\n# runs %s\\nexec \\"%s/claustrum\\" \\"\\$@\\"\\n" "$t" "$t" >"$k" && chmod 755 "$k"; } || ' +
    'fail "$k cannot be written"',
    'sync "$k" 2>/dev/null; mv -f "$k" "$l" || fail "$l cannot be replaced"',
    '[ -x "$t/claustrum" ] || fail "another installation has removed $t in the same moment: try again"',
    'say installed "$i $t"',
    ...PRUNE,
    ...(restarts ? RESTART : []),
    "say done",
  ]);
}

const CUT = 'fail "the release did not arrive whole: nothing was installed"';

/**
 * Removes versions that neither the launcher names, nor the one before it, nor a process runs. Another hub may have
 * installed its version in the meantime.
 */
const PRUNE = [
  'if [ -d /proc/self ]; then u=$(ls -l /proc/[0-9]*/exe 2>/dev/null); for v in "$d"/*; do ' +
  'if [ "$v" = "$t" ] || [ "$v" = "$c" ]; then continue; fi; ' +
  'case "$u" in *"$v/"*) ;; *) named; [ "$v" = "$r" ] || rm -rf "$v" ;; esac; done; fi',
];

/** Makes the daemon and the hub those of the release. */
const RESTART = [
  "say restarting",
  'o=$("$l" hub restart --daemon 2>&1 </dev/null) || ' +
  'fail "it is installed, but does not restart: $(printf "%s" "$o" | tr "\\n" " ")"',
];

/**
 * Returns the command that makes the daemon and the hub those that are installed.
 *
 * @param mark Random letters, with which the lines begin.
 */
export function restartCommand(mark: string): string {
  return command(mark, [...PRELUDE, ...RESTART, "say done"]);
}

/** Tells which processes the daemon runs, and which terminals the hub has opened, which live on without either. */
const RUNNING = [
  '[ -x "$l" ] && "$l" ps --quiet --filter state=running 2>/dev/null </dev/null | ' +
  'while read -r p; do say process "$p"; done',
];
const TERMINALS = [
  'k="${XDG_STATE_HOME:-$HOME/.local/state}/claustrum/tmux.sock"',
  '[ -S "$k" ] && tmux -S "$k" list-sessions -F "#{session_name}" 2>/dev/null | ' +
  'while read -r p; do say terminal "$p"; done',
];

/**
 * Returns the command that tells what runs on a host.
 *
 * @param mark Random letters, with which the lines begin.
 */
export function runningCommand(mark: string): string {
  return command(mark, [...PRELUDE, ...RUNNING, ...TERMINALS, "say done"]);
}

/**
 * Returns the command that takes away what was installed, and tells what it leaves.
 *
 * @param mark Random letters, with which the lines begin.
 * @param endsSessions Whether sessions that run are ended.
 */
export function uninstallCommand(mark: string, endsSessions: boolean): string {
  return command(mark, [
    ...PRELUDE,
    '[ -n "$c" ] && [ "${c#"$d/"}" = "${c##*/}" ] || fail "claustrum host install has installed nothing there"',
    `e="${endsSessions ? "--sessions" : ""}"`,
    ...STOP,
    'rm -f "$l" && rm -rf "$d" || fail "$d cannot be removed"',
    'rmdir "${d%/*}" 2>/dev/null',
    'for p in "${XDG_STATE_HOME:-$HOME/.local/state}/claustrum" "${XDG_CONFIG_HOME:-$HOME/.config}/claustrum" ' +
    '"$HOME/.claude" "$HOME/.claude.json"; do [ -e "$p" ] && say left "$p"; done',
    ...TERMINALS,
    "say done",
  ]);
}

/** What a program says; lines without its mark are noise. */
export function readMarked(line: string, mark: string): { readonly word: string; readonly rest: string } | undefined {
  // What a start-up file has printed without a newline stands before the mark.
  const at = line.indexOf(`${mark} `);
  if (at < 0) return undefined;
  const [, word = "", rest = ""] = /^(\w+) ?(.*)$/.exec(line.slice(at + mark.length + 1).trimEnd()) ?? [];
  return { word, rest };
}

function command(mark: string, statements: readonly string[]): string {
  if (!MARK.test(mark)) throw new RangeError(`Cannot mark lines with ${JSON.stringify(mark)}`);
  const script = [`m=${mark}`, ...statements].join("; ");
  if (/['!\n]|\\[^\w"$]/.test(script)) throw new RangeError(`Not every shell passes this on: ${script}`);
  return `exec sh -c '${script}'`;
}

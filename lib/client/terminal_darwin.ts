/**
 * The parts of a terminal that are particular to macOS and the BSDs, as text for a shell.
 *
 * @module
 */

/** Runs the command in `"$@"` in a terminal, by the `script` of BSD. */
export const OPEN_TERMINAL = `exec script -q /dev/null "$@"`;

/** Sets `device` to the terminal of a child of the process `$pid`. It stays empty if there is none. */
export const FIND_DEVICE = `device=$(ps -A -o ppid= -o tty= | while read -r parent tty; do
  [ "$parent" = "$pid" ] && [ "$tty" != "??" ] && echo "/dev/$tty" && break
done)`;

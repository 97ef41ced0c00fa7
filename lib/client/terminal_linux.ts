/**
 * The parts of a terminal that are particular to Linux, as text for a shell.
 *
 * @module
 */

/**
 * Runs the command in `"$@"` in a terminal, by `script` of util-linux. That takes one text, which it gives to `$SHELL`:
 * each word is quoted, the shell is one that understands the quotes, and the command gets its own `$SHELL` back.
 */
export const OPEN_TERMINAL = `if [ -n "$SHELL" ]; then
  set -- env "SHELL=$SHELL" "$@"
  SHELL=/bin/sh
fi
line=exec quote="'"
for word do
  line="$line $quote"
  while case $word in *$quote*) ;; *) false ;; esac; do
    line="$line\${word%%$quote*}$quote\\\\$quote$quote"
    word=\${word#*$quote}
  done
  line="$line$word$quote"
done
exec script -qec "$line" /dev/null`;

/**
 * Sets `device` to the terminal that the process `$pid` has opened: that of its only child, by the number that the
 * system gives to devices. It stays empty if there is none.
 */
export const FIND_DEVICE = `child=none device=
read -r child _ <"/proc/$pid/task/$pid/children"
stat=$(cat "/proc/$child/stat") && {
  set -- \${stat##*)}
  [ $(($5 >> 8 & 4095)) -eq 136 ] && device=/dev/pts/$(($5 & 255 | $5 >> 12 & 1048320))
}`;

/**
 * The environment of an agent. A daemon can only add variables to those that it was started with itself, so an agent
 * starts through a shell, which first removes those that are not meant for it.
 *
 * @module
 */

/** A program with its arguments. */
export interface AgentCommand {
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: string[];
}

/** Options of {@linkcode agentCommand}. */
export interface AgentCommandOptions {
  /** The agent's program: a path, or a name that is looked up on the PATH. */
  readonly program: string;
  /** The agent's arguments. */
  readonly args: readonly string[];
  /** The names of the variables that were given on purpose. */
  readonly keep: readonly string[];
  /** Directories to append to the PATH, where they are not on it. @default {none} */
  readonly pathAppend?: readonly string[] | undefined;
}

/**
 * Removes variables, extends the PATH and becomes the program. A line of a value that looks like a variable does no
 * harm: at most it removes a variable that would be removed anyway. The script's own variables have names that it
 * removes, so that it changes no variable of the agent's.
 */
const SCRIPT = `
CLAUSTRUM_SH_KEEP=" $1 " CLAUSTRUM_SH_PATH=$2
shift 2
while IFS= read -r CLAUSTRUM_SH_NAME; do
  CLAUSTRUM_SH_NAME=\${CLAUSTRUM_SH_NAME#export }
  CLAUSTRUM_SH_NAME=\${CLAUSTRUM_SH_NAME#declare -x }
  CLAUSTRUM_SH_NAME=\${CLAUSTRUM_SH_NAME%%=*}
  case $CLAUSTRUM_SH_NAME in
    CLAUSTRUM_SH_* | *[!A-Za-z0-9_]*) continue ;;
    CLAUDE* | CLAUSTRUM*) ;;
    *) continue ;;
  esac
  case $CLAUSTRUM_SH_KEEP in
    *" $CLAUSTRUM_SH_NAME "*) ;;
    *) unset "$CLAUSTRUM_SH_NAME" ;;
  esac
done <<END
$(export -p)
END
while [ -n "$CLAUSTRUM_SH_PATH" ]; do
  CLAUSTRUM_SH_NAME=\${CLAUSTRUM_SH_PATH%%:*}
  CLAUSTRUM_SH_PATH=\${CLAUSTRUM_SH_PATH#"$CLAUSTRUM_SH_NAME"}
  CLAUSTRUM_SH_PATH=\${CLAUSTRUM_SH_PATH#:}
  case :$PATH: in
    *:"$CLAUSTRUM_SH_NAME":*) ;;
    *) PATH=\${PATH:+$PATH:}$CLAUSTRUM_SH_NAME; export PATH ;;
  esac
done
unset CLAUSTRUM_SH_KEEP CLAUSTRUM_SH_PATH CLAUSTRUM_SH_NAME
exec "$@"
`.trim();

/** Returns what starts an agent without the inherited variables `CLAUDE*` and `CLAUSTRUM*`, except those to keep. */
export function agentCommand({ program, args, keep, pathAppend = [] }: AgentCommandOptions): AgentCommand {
  const directories = pathAppend.filter((directory) => directory !== "").join(":");
  return { command: "/bin/sh", args: ["-c", SCRIPT, "sh", keep.join(" "), directories, program, ...args] };
}

/** Returns the agent's program and arguments in the command of a process; of any other command, itself. */
export function withoutLauncher({ command, args }: AgentCommand): readonly string[] {
  const isLauncher = command === "/bin/sh" && args[1]?.startsWith("CLAUSTRUM_SH_KEEP=") === true;
  return isLauncher ? args.slice(5) : [command, ...args];
}

/**
 * What the commands are and what their help says (daemon 1).
 *
 * @module
 */

interface CommandHelp {
  /** One line for the overview. */
  readonly summary: string;
  /** The flags it takes, `help` apart. */
  readonly flags: readonly string[];
  /** How it is called, what happens, what the exit code means. */
  readonly text: string;
}

const SOCKET_HELP = "  --socket PATH     the socket (default ~/.claude/remote/rpc.sock)";

const TABLE = {
  serve: {
    summary: "start the daemon",
    flags: ["socket", "token-file", "token-fd", "foreground", "max-extract-bytes", "git-timeout"],
    text: `claustrum serve [--socket PATH] [--token-file FILE | --token-fd N] [--foreground]

Starts the daemon in the background and returns once it answers. Without a token
source it makes a token; daemon.token beside the socket holds it. A daemon that
already runs there is left alone.

${SOCKET_HELP}
  --token-file FILE read the token from FILE and remove it
  --token-fd N      read the token from an open descriptor
  --foreground      stay in the foreground (systemd, containers, debugging)
  --max-extract-bytes N
                    cap on what an archive may hold, 0 for none (default 512 MiB)
  --git-timeout D   how long a git may take, like 90s or 500ms, 0 for ever (default 1m)

Exit code: 0 it runs, 1 it could not start, 2 wrong arguments.

Examples:
  claustrum serve
  claustrum serve --socket /run/user/1000/claustrum/rpc.sock
  claustrum serve --foreground`,
  },
  bridge: {
    summary: "connect stdin and stdout to the daemon; what SSH attaches to",
    flags: ["socket"],
    text: `claustrum bridge [--socket PATH]

Copies raw bytes between stdin, stdout and the daemon's socket until the daemon
closes. The end of stdin is passed on; answers still arrive.

${SOCKET_HELP}

Exit code: 0 the connection ended, 1 no daemon could be reached, 2 wrong arguments.

Example:
  ssh host claustrum bridge`,
  },
  stop: {
    summary: "stop the daemon and its processes",
    flags: ["socket"],
    text: `claustrum stop [--socket PATH]

Asks the daemon to stop, with the token from CLAUDE_RPC_TOKEN or from
daemon.token beside the socket. No daemon there is a success.

${SOCKET_HELP}

Exit code: 0 no daemon runs any more, 1 it refused the token, 2 wrong arguments.`,
  },
  version: {
    summary: "print the version",
    flags: [],
    text: "claustrum version",
  },
  help: {
    summary: "show this, or the help of a command",
    flags: [],
    text: "claustrum help [COMMAND]",
  },
} as const satisfies Record<string, CommandHelp>;

/** The name of a command. */
export type CommandName = keyof typeof TABLE;

/** All commands. */
export const COMMANDS: Readonly<Record<CommandName, CommandHelp>> = TABLE;

/** What claustrum says when it is asked nothing in particular. */
export function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return `claustrum hosts processes on this machine and lets clients come and go.

${rows.join("\n")}

Try:
  claustrum serve
  claustrum help serve
`;
}

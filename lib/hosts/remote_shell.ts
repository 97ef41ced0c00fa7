/**
 * The small program of `sh` that the master runs on a host: it says where the hub's files are, hands out the current token
 * when asked, starts the hub, and ends with its stdin. Everything that a login shell prints is told apart by a mark.
 *
 * @module
 */

/** Where the files of a host's hub are. */
export interface RemotePlace {
  /** The path of the hub's socket. */
  readonly socket: string;
  /** The path of the file with its token. */
  readonly tokenFile: string;
}

/** What the program says. */
export type RemoteMessage =
  /** Where the files of a hub are unless the hub says something else. */
  | { readonly type: "place"; readonly place: RemotePlace }
  /** The token; empty if there is no hub. */
  | { readonly type: "token"; readonly token: string }
  /** How the start of the hub ended, and what it printed, in one line; 127 if claustrum is not installed. */
  | { readonly type: "started"; readonly code: number; readonly output: string };

const MARK = /^[a-z0-9]{8,}$/;

/**
 * Returns the command line for `ssh`. It is one that every login shell reads in the same way: single quotes around a line
 * without single quotes, backslashes, exclamation marks and newlines.
 *
 * @param mark Random letters, with which the program's lines begin.
 */
export function remoteCommand(mark: string): string {
  if (!MARK.test(mark)) throw new RangeError(`Cannot mark lines with ${JSON.stringify(mark)}`);
  const script = [
    `m=${mark}`,
    'd="${XDG_STATE_HOME:-$HOME/.local/state}/claustrum"',
    'PATH="$PATH:$HOME/.local/bin"',
    'echo "$m directory $d"',
    `while read -r c p; do case "$c" in ${TOKEN_CASE} ${START_CASE} esac; done`,
  ];
  return `exec sh -c '${script.join("; ")}'`;
}

const TOKEN_CASE = 'token) echo "$m token $(cat "$p" 2>/dev/null)";;';
const START_CASE = "start) o=$(claustrum hub start --no-web --json 2>&1 </dev/null); s=$?; " +
  'printf "%s started %s %s" "$m" "$s" "$(printf "%s" "$o" | tr "[:cntrl:]" " ")"; echo;;';

/** The line that asks for the token. */
export function tokenRequest({ tokenFile }: RemotePlace): string {
  return `token ${tokenFile}\n`;
}

/** The line that asks to start the hub. */
export const START_REQUEST = "start\n";

/** Reads what `hub start --json` printed; `undefined` if it is something else. */
export function readStarted(output: string): RemotePlace | undefined {
  const start = output.indexOf("{");
  if (start < 0) return undefined;
  try {
    const { socket, token_file } = JSON.parse(output.slice(start, output.lastIndexOf("}") + 1));
    if (typeof socket !== "string" || typeof token_file !== "string") return undefined;
    return { socket, tokenFile: token_file };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Reads a line of the program.
 *
 * @param mark The mark that the program was given.
 * @returns `undefined` if the line is noise.
 */
export function readRemoteLine(line: string, mark: string): RemoteMessage | undefined {
  // What a start-up file has printed without a newline stands before the mark.
  const at = line.indexOf(`${mark} `);
  if (at < 0) return undefined;
  const [, word, rest = ""] = /^(\w+) ?(.*)$/.exec(line.slice(at + mark.length + 1).trimEnd()) ?? [];
  switch (word) {
    case "directory":
      return { type: "place", place: { socket: `${rest}/hub.sock`, tokenFile: `${rest}/hub.token` } };
    case "token":
      return { type: "token", token: rest };
    case "started": {
      const [, code = "1", output = ""] = /^(\d+) ?(.*)$/.exec(rest) ?? [];
      return { type: "started", code: Number(code), output };
    }
    default:
      return undefined;
  }
}

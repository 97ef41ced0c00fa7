import { plainEnvironment } from "./daemon.ts";
import { tempDir } from "./temp.ts";
import { waitFor } from "./wait.ts";

/** A terminal that runs an interactive shell. */
export interface ShellTerminal extends AsyncDisposable {
  /** The pid of the shell. */
  readonly pid: number;
  /** Returns the text on the screen. */
  screen(): Promise<string>;
  /** Types a line and presses Enter. */
  type(line: string): Promise<void>;
  /** Presses a key by its name in tmux, like `C-c`. */
  press(key: string): Promise<void>;
  /** Changes the size of the window, like a user who drags its edge. */
  resize(columns: number, rows: number): Promise<void>;
  /** Closes the window, like a user. */
  close(): Promise<void>;
  /** Waits until the text on the screen matches, and returns it. */
  shows(pattern: RegExp): Promise<string>;
}

/** Options of {@linkcode openShell}. */
export interface ShellOptions {
  /** The home directory of the shell. */
  readonly home: string;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Opens a terminal in a separate tmux server, and waits for the prompt of the shell. */
export async function openShell({ home, columns = 100, rows = 40, env = {} }: ShellOptions): Promise<ShellTerminal> {
  const directory = await tempDir();
  const tmux = async (...args: string[]) => {
    const all = ["-S", `${directory.path}/tmux`, "-f", "/dev/null", ...args];
    return new TextDecoder().decode((await new Deno.Command("tmux", { args: all, stdin: "null" }).output()).stdout);
  };
  // Exported in the shell, because tmux and bash overwrite some variables.
  const variables = Object.entries({ ...plainEnvironment(home), ...env });
  const exports = variables.map(([key, value]) => `export ${key}='${value}'\n`);
  await Deno.writeTextFile(`${directory.path}/rc`, `PS1='$ '\n${exports.join("")}`);
  const size = ["-x", String(columns), "-y", String(rows)];
  await tmux(
    "new-session",
    "-d",
    "-s",
    "t",
    ...size,
    `bash --noprofile --rcfile ${directory.path}/rc -i`,
  );
  const screen = () => tmux("capture-pane", "-p", "-t", "t");
  const shows = async (pattern: RegExp) => {
    let last = "";
    try {
      return await waitFor(String(pattern), async () => pattern.test(last = await screen()) ? last : undefined);
    } catch (error) {
      throw new Error(`The screen shows:\n${last}`, { cause: error });
    }
  };
  await shows(/^\$/m);
  return {
    pid: Number(await tmux("display-message", "-p", "-t", "t", "#{pane_pid}")),
    screen,
    shows,
    async type(line) {
      await tmux("send-keys", "-t", "t", "-l", line);
      await tmux("send-keys", "-t", "t", "Enter");
    },
    press: async (key) => void await tmux("send-keys", "-t", "t", key),
    resize: async (columns, rows) =>
      void await tmux("resize-window", "-t", "t", "-x", String(columns), "-y", String(rows)),
    close: async () => void await tmux("kill-session", "-t", "t"),
    async [Symbol.asyncDispose]() {
      await tmux("kill-server");
      await directory[Symbol.asyncDispose]();
    },
  };
}

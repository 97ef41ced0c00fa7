import { tempDir } from "./temp.ts";
import { soon } from "./wait.ts";

/** A terminal: a window of a separate tmux server. */
export interface TestTerminal extends AsyncDisposable {
  /** Returns the text on the screen. */
  screen(): Promise<string>;
  /** Presses keys by their names in `tmux send-keys`. */
  type(...keys: string[]): Promise<void>;
  /** Closes the window, like a user. */
  close(): Promise<void>;
  /** Kills the terminal emulator, like a crash. */
  crash(): Promise<void>;
}

/**
 * Opens a terminal that runs a command.
 *
 * @param command The command for the shell.
 * @param size The size of the terminal.
 */
export async function openTerminal(command: string, size = { columns: 100, lines: 30 }): Promise<TestTerminal> {
  const directory = await tempDir();
  const tmux = async (...args: string[]) => {
    const child = new Deno.Command("tmux", {
      args: ["-S", `${directory.path}/tmux`, "-f", "/dev/null", ...args],
      env: { TMUX: "", SHELL: "/bin/sh" },
      stdin: "null",
    });
    return new TextDecoder().decode((await soon(`tmux ${args[0]}`, child.output())).stdout);
  };
  const { columns, lines } = size;
  await tmux("new-session", "-d", "-x", String(columns), "-y", String(lines), command);
  return {
    screen: () => tmux("capture-pane", "-p"),
    type: async (...keys) => void await tmux("send-keys", ...keys),
    close: async () => void await tmux("kill-session"),
    async crash() {
      const pid = Number(await tmux("display-message", "-p", "#{pid}"));
      Deno.kill(pid, "SIGKILL");
    },
    async [Symbol.asyncDispose]() {
      await tmux("kill-server");
      await directory[Symbol.asyncDispose]();
    },
  };
}

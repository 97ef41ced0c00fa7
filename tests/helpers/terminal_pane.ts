import { connect } from "../../lib/client/connect.ts";
import { openTerminalStream, type OwnedTerminalStream } from "../../lib/sessions/terminal_stream.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { startDaemon } from "./daemon.ts";
import { waitFor } from "./wait.ts";

/** A program in a tmux server of its own, as the terminal of a session is one, and a daemon beside it. */
export interface TerminalPane extends AsyncDisposable {
  /** tmux's id of the pane. */
  readonly pane: string;
  /** Opens a stream. */
  open(options?: { columns?: number; rows?: number; isReadOnly?: boolean }): Promise<OwnedTerminalStream>;
  /** Runs tmux, and returns what it prints. */
  tmux(...args: string[]): Promise<string>;
  /** The ids of the processes that the daemon has. */
  processes(): Promise<string[]>;
}

/** Starts a shell command in a pane, and a daemon. */
export async function terminalPane(command: string, { columns = 80, rows = 24 } = {}): Promise<TerminalPane> {
  const daemon = await startDaemon();
  const client = await connect({ socket: daemon.socket, token: daemon.token });
  const socket = `${daemon.directory}/tmux`;
  const tmux = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-S", socket, "-f", "/dev/null", ...args],
      env: { TMUX: "", SHELL: "/bin/sh", LC_ALL: "C.UTF-8" },
      stdin: "null",
    }).output();
    if (code !== 0) throw new Error(`tmux ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).replace(/\n$/, "");
  };
  const size = ["-x", String(columns), "-y", String(rows)];
  const ids = await tmux("new-session", "-d", "-P", "-F", "#{session_id} #{pane_id}", ...size, command);
  const [tmuxId = "", pane = ""] = ids.split(" ");
  await tmux("set-option", "-t", `${tmuxId}:`, "@owner", "ours");
  return {
    pane,
    tmux,
    open: ({ columns = 80, rows = 24, isReadOnly = false } = {}) =>
      openTerminalStream({
        client,
        clock: systemClock,
        id: `hub/terminal/${crypto.randomUUID()}`,
        socket,
        place: { tmuxId, pane, ownerOption: "@owner", owner: "ours" },
        size: { columns, rows },
        isReadOnly,
        explain: ({ isLost, message }) => Promise.resolve({ reason: isLost ? "lost" : "ended", message }),
      }),
    async processes() {
      const { processes } = await client.call("process.list", {});
      return processes.map(({ id }) => id);
    },
    async [Symbol.asyncDispose]() {
      // There is none if the program has ended.
      await tmux("kill-server").catch(() => {});
      await client[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** Waits until a pane shows a text. */
export async function paneShows({ tmux, pane }: TerminalPane, text: string): Promise<void> {
  await waitFor(`"${text}" in the pane`, async () => (await tmux("capture-pane", "-p", "-t", pane)).includes(text));
}

import type { Sessions } from "../../lib/sessions/mod.ts";
import { allEvents } from "../helpers/sessions.ts";
import { openTerminal, type TestTerminal } from "../helpers/terminal.ts";
import { waitFor } from "../helpers/wait.ts";

/** Where a session's terminal is. */
export interface Place {
  readonly tmux_session: string;
  readonly tmux_socket: string;
}

/** A person's screen that shows the terminal of a session. */
export async function view({ tmux_socket, tmux_session }: Place): Promise<TestTerminal> {
  const screen = await openTerminal(`TMUX= tmux -S ${tmux_socket} attach -t =${tmux_session}`);
  await shows(screen, "❯");
  return screen;
}

export async function shows(screen: TestTerminal, text: string): Promise<void> {
  let shown = "";
  try {
    await waitFor(text, async () => (shown = await screen.screen()).includes(text));
  } catch (error) {
    throw new Error(`the screen shows:\n${shown}`, { cause: error });
  }
}

/** Types a line and waits for what follows. */
export async function say(screen: TestTerminal, line: string, answer: string): Promise<void> {
  await screen.type("-l", line);
  await screen.type("Enter");
  await shows(screen, answer);
}

export async function tmux(socket: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("tmux", { args: ["-S", socket, ...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Leaves the terminal as tmux's own keys do. */
export async function detach({ tmux_socket, tmux_session }: Place): Promise<void> {
  await tmux(tmux_socket, "detach-client", "-s", tmux_session);
}

export async function untilBack(sessions: Sessions, id: string): Promise<void> {
  await waitFor("the way back", () => {
    const { mode, status } = sessions.get(id);
    return mode === "subprocess" && status !== "starting";
  });
}

/** The texts of what people said in terminals, from the transcript. */
export function typed(sessions: Sessions, id: string): unknown[] {
  const payloads = allEvents(sessions, id).filter(({ type }) => type === "user").map(({ payload }) => payload);
  return (payloads as { message: { content: unknown } }[]).map(({ message }) => message.content);
}

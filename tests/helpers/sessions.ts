import { assertEquals } from "@std/assert";
import {
  openSessions,
  type OpenSessionsOptions,
  type Session,
  type SessionEvent,
  type Sessions,
} from "../../lib/sessions/mod.ts";
import { connect } from "../../lib/client/connect.ts";
import { SessionManager } from "../../lib/sessions/manager.ts";
import { sessionSettings } from "../../lib/sessions/settings.ts";
import { Store } from "../../lib/store/store.ts";
import type { Clock } from "../../lib/system/clock.ts";
import { startDaemon, type TestDaemon, type TestDaemonOptions } from "./daemon.ts";
import { homeOfMany, serveAt } from "./handover.ts";
import { type Restarts, restartsOf } from "./restarts.ts";
import { type StandInAgent, standInAgent } from "./stand_in_agent.ts";
import { isAlive, waitFor } from "./wait.ts";

/** A daemon, a stand-in for the agent CLI, and a directory to work in; sessions can be opened any number of times. */
export interface SessionWorld extends AsyncDisposable {
  readonly agent: StandInAgent;
  /** The home directory of agents. */
  readonly home: string;
  /** A directory that the user trusts. */
  readonly work: string;
  /** The path of the store. */
  readonly store: string;
  /** What went wrong without a caller. */
  readonly errors: unknown[];
  /** The options that sessions are opened with. */
  options(more?: Partial<OpenSessionsOptions>): OpenSessionsOptions;
  /** Opens the sessions. */
  open(more?: Partial<OpenSessionsOptions>): Promise<Sessions>;
  /** Opens the sessions with another clock. */
  openWith(clock: Clock, more?: Partial<OpenSessionsOptions>): Sessions;
}

/** A world whose daemon can be killed, started again and upgraded. */
export interface RestartableWorld extends SessionWorld, Restarts {}

/** Starts a daemon and prepares the rest; the directory is removed with the daemon's. */
export async function sessionWorld(
  options: TestDaemonOptions = {},
): Promise<SessionWorld & { readonly daemon: TestDaemon }> {
  const daemon = await startDaemon(options);
  return { ...await worldOf(daemon.directory, daemon.socket, daemon), daemon };
}

/** Likewise, with a daemon that can be killed. */
export async function restartableWorld(): Promise<RestartableWorld> {
  const home = await homeOfMany();
  await serveAt(home);
  return { ...await worldOf(home.path, home.socket, home), ...restartsOf(home) };
}

async function worldOf(home: string, socket: string, owner: AsyncDisposable): Promise<SessionWorld> {
  const work = `${home}/work`;
  await Deno.mkdir(work);
  const trusted = { projects: { [work]: { hasTrustDialogAccepted: true } } };
  await Deno.writeTextFile(`${home}/.claude.json`, JSON.stringify(trusted));
  const agent = await standInAgent(home);
  const errors: unknown[] = [];
  const options = (more: Partial<OpenSessionsOptions> = {}): OpenSessionsOptions => ({
    socket,
    store: `${home}/sessions.db`,
    home,
    tmuxSocket: `${home}/tmux.sock`,
    agentBinary: agent.program,
    guarded: ["claustrum-guarded"],
    onError: (error) => void errors.push(error),
    ...more,
  });
  return {
    agent,
    home,
    work,
    store: `${home}/sessions.db`,
    errors,
    options,
    open: (more) => openSessions(options(more)),
    openWith: (clock, more) => openWith(clock, options(more)),
    async [Symbol.asyncDispose]() {
      await endTerminals(`${home}/tmux.sock`);
      await endAgents(home);
      await owner[Symbol.asyncDispose]();
      if (errors.length > 0) throw new AggregateError(errors, "sessions failed behind the scenes");
    },
  };
}

function openWith(clock: Clock, options: OpenSessionsOptions): Sessions {
  const { socket, store: path, onError = console.error, home = "/nowhere", ...settings } = options;
  const store = Store.open(path);
  return new SessionManager({
    store,
    settings: sessionSettings({ tmuxSocket: `${home}/tmux.sock`, ...settings, home }),
    onError,
    onClosed: () => store.close(),
    connect: (signal) => connect({ socket, signal, giveUpMs: 3_000 }),
    clock,
  });
}

/** Ends a tmux server with all of its terminals. */
export async function endTerminals(socket: string): Promise<void> {
  try {
    await new Deno.Command("tmux", { args: ["-S", socket, "kill-server"], stderr: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Kills all agents of a home directory. */
export async function endAgents(home: string): Promise<void> {
  for (const pid of await agentPids(home)) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The pids of the agents that have not ended in an orderly way. */
export async function agentPids(home: string): Promise<number[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(`${home}/.claude/sessions`));
    return entries.map(({ name }) => Number(name.split(".")[0])).filter(isAlive);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Returns all events of a session, page by page. */
export function allEvents(sessions: Sessions, session: string): SessionEvent[] {
  const events: SessionEvent[] = [];
  for (;;) {
    const page = sessions.events(session, { after: events.at(-1)?.id ?? 0 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** Messages that the agent writes and that are no events. */
const NO_EVENTS = ["stream_event", "control_request", "control_response", "control_cancel_request", "keep_alive"];
/** Types of the events that are not the agent's. */
const OWN = ["prompt", "permission", "status", "mode", "stderr", "gap", "stdout"];

/** The messages of the agent that are stored, without those that come from the transcript. */
export function storedMessages(sessions: Sessions, session: string): Record<string, unknown>[] {
  return allEvents(sessions, session).filter(isAgentMessage).map(({ payload }) => payload as Record<string, unknown>);
}

/** Whether an event is a message that the agent has written to its stdout. */
export function isAgentMessage({ type, payload }: SessionEvent): boolean {
  return !OWN.includes(type) && !("from_transcript" in (payload as Record<string, unknown>));
}

/** The messages that agents have written and that are events. */
export async function writtenMessages(agent: StandInAgent, conversation?: string): Promise<Record<string, unknown>[]> {
  const lines = parseLines(await agent.outputLog(conversation));
  return lines.filter(({ type }) => !NO_EVENTS.includes(String(type)));
}

/** Checks that a session has exactly what its agents have written; waits for what is still on its way. */
export async function assertAllStored(sessions: Sessions, session: string, agent: StandInAgent): Promise<void> {
  let [written, stored] = [await writtenMessages(agent), storedMessages(sessions, session)];
  const isComplete = async () => {
    [written, stored] = [await writtenMessages(agent), storedMessages(sessions, session)];
    return stored.length >= written.length;
  };
  try {
    await waitFor("the last lines", isComplete, 5_000);
  } finally {
    assertEquals(stored, written, "the events are not what the agent wrote");
  }
}

/** The prompts that agents have read. */
export async function readPrompts(agent: StandInAgent, conversation?: string): Promise<unknown[]> {
  const lines = parseLines(await agent.stdinLog(conversation)).filter(({ type }) => type === "user");
  return lines.map(({ message }) => (message as { content: unknown }).content);
}

function parseLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** The texts of all that the agent has said, also of what comes from the transcript. */
export function saidTexts(sessions: Sessions, session: string): string[] {
  const messages = allEvents(sessions, session).filter(({ type }) => type === "assistant");
  return messages.flatMap(({ payload }) =>
    (payload as { message: { content: { text?: string }[] } }).message.content.flatMap(({ text }) => text ?? [])
  );
}

/** Returns the texts that the agent answered with. */
export function answers(sessions: Sessions, session: string): string[] {
  return allEvents(sessions, session)
    .filter(({ type }) => type === "result")
    .map(({ payload }) => String((payload as { result?: string }).result));
}

/** Sends a prompt and waits until the session is idle. */
export async function ask(sessions: Sessions, session: string, prompt: string): Promise<Session> {
  await sessions.send(session, prompt);
  return await sessions.whenIdle(session);
}

/** Waits for a question and returns its id. */
export async function question(sessions: Sessions): Promise<string> {
  await waitFor("a question", () => sessions.permissions().length > 0);
  return sessions.permissions()[0]!.id;
}

import {
  openSessions,
  type OpenSessionsOptions,
  type Session,
  type SessionEvent,
  type Sessions,
} from "../../lib/sessions/mod.ts";
import { startDaemon, type TestDaemon } from "./daemon.ts";
import { type StandInAgent, standInAgent } from "./stand_in_agent.ts";
import { waitFor } from "./wait.ts";

/** A daemon, a stand-in for the agent CLI, and a directory to work in; sessions can be opened any number of times. */
export interface SessionWorld extends AsyncDisposable {
  readonly daemon: TestDaemon;
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
}

/** Starts a daemon and prepares the rest; the directory is removed with the daemon's. */
export async function sessionWorld(): Promise<SessionWorld> {
  const daemon = await startDaemon();
  const home = daemon.directory;
  const work = `${home}/work`;
  await Deno.mkdir(work);
  const trusted = { projects: { [work]: { hasTrustDialogAccepted: true } } };
  await Deno.writeTextFile(`${home}/.claude.json`, JSON.stringify(trusted));
  const agent = await standInAgent(home);
  const errors: unknown[] = [];
  const options = (more: Partial<OpenSessionsOptions> = {}): OpenSessionsOptions => ({
    socket: daemon.socket,
    store: `${home}/sessions.db`,
    home,
    tmuxSocket: `${home}/tmux.sock`,
    agentBinary: agent.program,
    guarded: ["claustrum-guarded"],
    onError: (error) => void errors.push(error),
    ...more,
  });
  return {
    daemon,
    agent,
    home,
    work,
    store: `${home}/sessions.db`,
    errors,
    options,
    open: (more) => openSessions(options(more)),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      if (errors.length > 0) throw new AggregateError(errors, "sessions failed behind the scenes");
    },
  };
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

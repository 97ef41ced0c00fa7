/**
 * A hub with a web address whose sessions are in memory, for fuzzing and load. However much is asked of it, its sessions
 * hold little, so that what it occupies in the end are leaks. Its argument is its state directory.
 *
 * @module
 */

import { hubHere } from "../../lib/cli/hub_here.ts";
import { SessionError } from "../../lib/sessions/session_error.ts";
import type { PromptContent, SendResult, Session, SessionEvent, StartParams } from "../../lib/sessions/types.ts";
import { ADD_EVENTS, SECRET, SESSION } from "../helpers/hub_process.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";

const MAX_SESSIONS = 20;
/** How many events prompts may leave. */
const MAX_PROMPTS = 100;
/** How many events are added in a turn of the event loop. */
const TURN_EVENTS = 20;
/** More than is shown of a payload in a list. */
const LARGE = 300_000;

class SmallSessions extends MemorySessions {
  readonly #seqs = new Map<string, number>();
  #prompts = 0;

  override store(session: string, payload: unknown = {}, type = "assistant"): SessionEvent {
    const seq = (this.#seqs.get(session) ?? 0) + 1;
    this.#seqs.set(session, seq);
    const event = { id: this.stored.length + 1, session, seq, at: new Date().toISOString(), type, payload };
    this.stored.push(event);
    return event;
  }

  override create(id: string, facts: Partial<Session> = {}): Session {
    // What clients choose is kept as long as the session.
    const { name = "", ...rest } = facts;
    return super.create(id, { ...rest, path: "/tmp", name: name.slice(0, 100) });
  }

  override start(params: StartParams): Promise<Session> {
    if (this.list().length >= MAX_SESSIONS) throw new SessionError("conflict", "there are enough sessions");
    return super.start(params);
  }

  override fork(reference: string): Promise<Session> {
    return this.start({ path: "/tmp", name: `fork of ${this.get(reference).id}` });
  }

  override remove(reference: string): void {
    if (this.get(reference).id === SESSION) throw new SessionError("conflict", "this session stays");
    super.remove(reference);
  }

  override async send(reference: string, prompt: PromptContent): Promise<SendResult> {
    const { id } = this.get(reference);
    const [, count, turn = TURN_EVENTS] = typeof prompt === "string" ? ADD_EVENTS.exec(prompt) ?? [] : [];
    if (count !== undefined) await this.#addMany(id, Number(count), Number(turn));
    else if (this.#prompts++ < MAX_PROMPTS) this.add(id, { prompt: JSON.stringify(prompt).slice(0, 100) }, "prompt");
    return { prompt_status: "sent", prompt_id: crypto.randomUUID() };
  }

  override answer(): void {}

  override attach(): Promise<{ tmux_session: string; tmux_socket: string }> {
    return Promise.resolve({ tmux_session: "t", tmux_socket: "/tmp/t" });
  }

  async #addMany(session: string, count: number, turn: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (i > 0 && i % turn === 0) await new Promise((resolve) => setImmediate(resolve));
      this.add(session, { at_ms: performance.timeOrigin + performance.now(), text: "word ".repeat(40) });
    }
  }
}

function open(): MemorySessions {
  const sessions = new SmallSessions();
  sessions.create(SESSION, { name: SECRET });
  sessions.store(SESSION, { text: SECRET });
  sessions.store(SESSION, { text: SECRET, more: "x".repeat(LARGE) });
  sessions.partialTexts = { [SESSION]: SECRET };
  sessions.pending.push({
    id: "permission",
    session: SESSION,
    host: "here",
    at: new Date().toISOString(),
    tool_name: "Bash",
    input: { command: SECRET },
    requires_user_interaction: false,
    covers: SECRET,
  });
  return sessions;
}

const [directory] = Deno.args;
if (directory === undefined) throw new TypeError("Cannot start: name the state directory");
const request = { "state-dir": directory, listen: "127.0.0.1:0", "daemon-socket": `${directory}/none.sock` };
Deno.exit(await hubHere(request, () => Promise.resolve(open())));

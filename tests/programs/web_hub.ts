/**
 * A hub with a web address whose sessions are in memory, for fuzzing and load. However much is asked of it, its sessions
 * hold little, so that what it occupies in the end are leaks. Its argument is its state directory.
 *
 * @module
 */

import { hubHere } from "../../lib/cli/hub_here.ts";
import { SessionError } from "../../lib/sessions/session_error.ts";
import type { TerminalEnd, TerminalOptions, TerminalStream } from "../../lib/sessions/sessions.ts";
import type { PromptContent, SendResult, Session, SessionEvent, StartParams } from "../../lib/sessions/types.ts";
import { ADD_EVENTS, type EventsToAdd, OTHER_SESSION, SECRET, SESSION, wallTime } from "../helpers/hub_process.ts";
import { MemorySessions } from "../helpers/memory_sessions.ts";

const MAX_SESSIONS = 20;
/** How many events prompts may leave. */
const MAX_PROMPTS = 100;
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
    if ([SESSION, OTHER_SESSION].includes(this.get(reference).id)) {
      throw new SessionError("conflict", "this session stays");
    }
    super.remove(reference);
  }

  override async send(reference: string, prompt: PromptContent): Promise<SendResult> {
    const { id } = this.get(reference);
    const [, ...numbers] = typeof prompt === "string" ? ADD_EVENTS.exec(prompt) ?? [] : [];
    const [count, bytes, burst, pause] = numbers.map(Number);
    if (pause !== undefined) await this.#addMany(id, { count: count!, bytes: bytes!, burst: burst!, pause });
    else if (this.#prompts++ < MAX_PROMPTS) this.add(id, { prompt: JSON.stringify(prompt).slice(0, 100) }, "prompt");
    return { prompt_status: "sent", prompt_id: crypto.randomUUID() };
  }

  override answer(): void {}

  override attach(): Promise<{ tmux_session: string; tmux_socket: string }> {
    return Promise.resolve({ tmux_session: "t", tmux_socket: "/tmp/t" });
  }

  /** A terminal that shows what is typed. */
  override openTerminal(_reference: string, { signal }: TerminalOptions): Promise<TerminalStream> {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const writer = writable.getWriter();
    const { promise: ended, resolve: end } = Promise.withResolvers<TerminalEnd>();
    signal?.addEventListener("abort", () => {
      end({ reason: "closed", message: "it was closed" });
      writer.abort().catch(() => {}); // it may be closed already
    }, { once: true });
    const output = async function* () {
      yield new TextEncoder().encode(SECRET);
      try {
        yield* readable;
      } catch (error) {
        if (error !== undefined) throw error; // it was aborted
      }
    };
    return Promise.resolve({
      output: output(),
      ended,
      isReadOnly: false,
      write: (bytes) => writer.write(bytes.slice()),
      resize: () => Promise.resolve(),
      close: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }

  async #addMany(session: string, { count, bytes, burst, pause }: Required<EventsToAdd>): Promise<void> {
    const text = "x".repeat(bytes);
    for (let i = 0; i < count; i++) {
      if (i > 0 && i % burst === 0) await later(pause);
      this.add(session, { at_ms: wallTime(), text });
    }
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => void (ms === 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));
}

function open(): MemorySessions {
  const sessions = new SmallSessions();
  sessions.create(OTHER_SESSION);
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

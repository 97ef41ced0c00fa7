import { type Message, openLog, Output, writeAll } from "./output.ts";
import { type Options, refuse, VERSION } from "./arguments.ts";

const ENCODER = new TextEncoder();

/** What was said in a conversation. */
export interface Said {
  readonly who: "user" | "assistant";
  readonly text: string;
}

/** The text of a prompt or a message. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.flatMap((block) => typeof block?.text === "string" ? [block.text] : []).join("\n");
}

/** A conversation: its id, its transcript, and its entry in the list of running sessions. */
export class Conversation {
  readonly #home = Deno.env.get("HOME") ?? "/nowhere";
  readonly #entrypoint: string;
  readonly #startedAt = Date.now();
  readonly #procStart: string;
  readonly #stdinLog: Deno.FsFile | undefined;
  #id: string;
  #path: string;
  #isInFile = false;
  #lastUuid: string | null = null;
  /** The records to copy into the new file with the first prompt. */
  #forked: readonly Message[] = [];
  #said: Said[] = [];

  private constructor(options: Options) {
    this.#entrypoint = options.isStream ? "sdk-cli" : "cli";
    this.#id = options.sessionId ?? (options.isFork ? undefined : options.resume) ?? crypto.randomUUID();
    this.#path = this.#pathOf(this.#id);
    // Field 22, after the name, which may contain anything.
    this.#procStart = Deno.readTextFileSync("/proc/self/stat").split(") ").at(-1)!.split(" ")[19]!;
    if (options.sessionId !== undefined && this.#find(options.sessionId) !== undefined) {
      refuse(`Error: Session ID ${options.sessionId} is already in use.`);
    }
    if (options.resume !== undefined) this.#load(options.resume, options);
    this.#stdinLog = openLog(`stdin-${this.#id}`);
    this.note("idle");
  }

  /** Begins or resumes the conversation that the arguments name. */
  static open(options: Options): Conversation {
    return new Conversation(options);
  }

  /** The id; `/clear` changes it. */
  get id(): string {
    return this.#id;
  }

  /** What was said so far. */
  get said(): readonly Said[] {
    return this.#said;
  }

  /** Logs bytes of stdin. */
  logStdin(bytes: Uint8Array): void {
    if (this.#stdinLog !== undefined) writeAll(this.#stdinLog, bytes);
  }

  #pathOf(id: string): string {
    return `${this.#home}/.claude/projects/${Deno.cwd().replaceAll(/[^A-Za-z0-9]/g, "-")}/${id}.jsonl`;
  }

  #find(id: string): string | undefined {
    const projects = `${this.#home}/.claude/projects`;
    try {
      const paths = [...Deno.readDirSync(projects)].map(({ name }) => `${projects}/${name}/${id}.jsonl`);
      return paths.find((path) => {
        try {
          return Deno.statSync(path).isFile;
        } catch {
          return false;
        }
      });
    } catch {
      return undefined;
    }
  }

  #load(id: string, { isFork, isStream }: Options): void {
    const path = this.#find(id);
    if (path === undefined) {
      if (isStream) new Output(this.#id).send(unknownResult(id));
      refuse(`No conversation found with session ID: ${id}`);
    }
    const lines = Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
    const records = lines.map((line): Message => JSON.parse(line));
    for (const { type, message, uuid } of records) {
      if (typeof uuid === "string") this.#lastUuid = uuid;
      if (type !== "user" && type !== "assistant") continue;
      const text = textOf((message as Message)["content"]);
      if (text !== "") this.#said.push({ who: type, text });
    }
    if (isFork) this.#forked = records;
    else this.#path = path;
    this.#isInFile = !isFork;
  }

  /** Moves on to an empty conversation. */
  clear(id: string = crypto.randomUUID()): void {
    this.#id = id;
    this.#path = this.#pathOf(this.#id);
    this.#isInFile = false;
    this.#lastUuid = null;
    this.#forked = [];
    this.#said = [];
    this.note("idle");
  }

  /** Appends a record without a UUID. */
  append(record: Message): void {
    if (!this.#isInFile) {
      this.#isInFile = true;
      Deno.mkdirSync(this.#path.slice(0, this.#path.lastIndexOf("/")), { recursive: true, mode: 0o755 });
      for (const copied of this.#forked) this.append({ ...copied, sessionId: this.#id });
    }
    const line = `${JSON.stringify({ timestamp: new Date().toISOString(), sessionId: this.#id, ...record })}\n`;
    using file = Deno.openSync(this.#path, { append: true, create: true, mode: 0o600 });
    writeAll(file, ENCODER.encode(line));
  }

  /** Appends a record of the conversation itself. */
  record(type: string, uuid: string, fields: Message): void {
    this.append({
      parentUuid: this.#lastUuid,
      isSidechain: false,
      userType: "external",
      entrypoint: this.#entrypoint,
      cwd: Deno.cwd(),
      version: VERSION,
      ...fields,
      type,
      uuid,
    });
    this.#lastUuid = uuid;
    const text = textOf((fields["message"] as Message | undefined)?.["content"]);
    if (text !== "" && (type === "user" || type === "assistant")) this.#said.push({ who: type, text });
  }

  get #notePath(): string {
    return `${this.#home}/.claude/sessions/${Deno.pid}.json`;
  }

  /** Brings the entry in the list of running sessions up to date. */
  note(status: "idle" | "busy" | "waiting"): void {
    Deno.mkdirSync(`${this.#home}/.claude/sessions`, { recursive: true });
    const entry = {
      pid: Deno.pid,
      sessionId: this.#id,
      cwd: Deno.cwd(),
      startedAt: this.#startedAt,
      procStart: this.#procStart,
      version: VERSION,
      kind: "interactive",
      entrypoint: this.#entrypoint,
      status,
      statusUpdatedAt: Date.now(),
    };
    const temporary = `${this.#notePath}.tmp`;
    Deno.writeTextFileSync(temporary, JSON.stringify(entry));
    Deno.renameSync(temporary, this.#notePath);
  }

  /** Ends the program, and leaves nothing but the transcript. */
  end(code: number): never {
    Deno.removeSync(this.#notePath);
    Deno.exit(code);
  }
}

function unknownResult(id: string): Message {
  return {
    duration_ms: 0,
    is_error: true,
    num_turns: 0,
    session_id: id,
    subtype: "error_during_execution",
    type: "result",
    errors: [`No conversation found with session ID: ${id}`],
    uuid: crypto.randomUUID(),
  };
}

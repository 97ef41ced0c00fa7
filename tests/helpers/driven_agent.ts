import { agentArguments, type AgentStart } from "../../lib/agent/arguments.ts";
import { LineSplitter } from "../../lib/agent/line_splitter.ts";
import { parseAgentLine } from "../../lib/agent/message.ts";
import type { AgentMessage, EventMessage, ResultFact } from "../../lib/agent/message_types.ts";
import { userLine } from "../../lib/agent/requests.ts";
import { soon } from "./wait.ts";

/** How an agent is started. */
export interface DriveOptions extends Partial<AgentStart> {
  readonly program: string;
  readonly home: string;
  /** @default {the home} */
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** All arguments, instead of those that the other options make. */
  readonly args?: string[];
}

/** An agent CLI that a test talks to, directly. */
export interface DrivenAgent extends AsyncDisposable {
  readonly id: string;
  readonly pid: number;
  /** All messages so far. */
  readonly messages: readonly AgentMessage[];
  /** Writes to its stdin. */
  write(text: string): Promise<void>;
  /** Sends a prompt and returns its UUID. */
  prompt(content: string): Promise<string>;
  /** The next message that fits; others are passed over. */
  next<T extends AgentMessage>(what: string, fits: (message: AgentMessage) => message is T): Promise<T>;
  /** The next result. */
  result(): Promise<ResultFact>;
  /** Sends a prompt and returns its result. */
  turn(content: string): Promise<ResultFact>;
  /** Closes its stdin. */
  close(): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** Its end, and what it wrote to stderr. */
  end(): Promise<{ readonly code: number; readonly signal: string | null; readonly stderr: string }>;
}

/** Whether a message is an event with this fact. */
export function hasFact(fact: string): (message: AgentMessage) => message is EventMessage {
  return (message): message is EventMessage => message.kind === "event" && message.fact?.fact === fact;
}

/** Whether a message is of this kind. */
export function isKind<K extends AgentMessage["kind"]>(
  kind: K,
): (message: AgentMessage) => message is Extract<AgentMessage, { kind: K }> {
  return (message): message is Extract<AgentMessage, { kind: K }> => message.kind === kind;
}

/** Starts an agent. */
export function driveAgent(options: DriveOptions): DrivenAgent {
  const { program, home, cwd = home, env = {}, claudeSessionId = crypto.randomUUID(), args } = options;
  const child = new Deno.Command(program, {
    args: args ?? agentArguments({ extra: [], ...options, claudeSessionId }),
    cwd,
    env: { HOME: home, PATH: "/usr/bin:/bin", ...env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  const stderr = new Response(child.stderr).text();
  const messages: AgentMessage[] = [];
  let seen = 0;
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  const reading = (async () => {
    const splitter = new LineSplitter();
    for await (const chunk of child.stdout) {
      for (const line of splitter.push(chunk)) if (line.kind === "line") messages.push(parseAgentLine(line.text));
      wake.resolve();
      wake = Promise.withResolvers();
    }
    isOver = true;
    wake.resolve();
  })();
  const write = (text: string) => stdin.write(new TextEncoder().encode(text));
  const close = () => stdin.close().catch(() => {});

  async function next<T extends AgentMessage>(what: string, fits: (message: AgentMessage) => message is T): Promise<T> {
    for (;;) {
      while (seen < messages.length) {
        const message = messages[seen++]!;
        if (fits(message)) return message;
      }
      if (isOver) throw new Error(`The agent ended before ${what}: ${await stderr}`);
      await soon(what, wake.promise);
    }
  }
  async function prompt(content: string): Promise<string> {
    const uuid = crypto.randomUUID();
    await write(userLine({ uuid, content }));
    return uuid;
  }
  async function result(): Promise<ResultFact> {
    return (await next("a result", hasFact("result"))).fact as ResultFact;
  }
  return {
    id: claudeSessionId,
    pid: child.pid,
    messages,
    write,
    prompt,
    next,
    result,
    async turn(content) {
      await prompt(content);
      return await result();
    },
    close,
    kill: (signal) => child.kill(signal),
    async end() {
      const { code, signal } = await soon("the agent's end", child.status);
      await reading;
      return { code, signal, stderr: await stderr };
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await close();
      await child.status;
      await reading;
      await stderr;
    },
  };
}

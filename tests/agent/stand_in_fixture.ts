import type { AgentMessage, EventMessage } from "../../lib/agent/message_types.ts";
import { driveAgent, type DriveOptions, isKind } from "../helpers/driven_agent.ts";
import { standInAgent } from "../helpers/stand_in_agent.ts";
import { tempDir } from "../helpers/temp.ts";

/** A home with the program of a stand-in. */
export async function world() {
  const dir = await tempDir();
  const { program, stdinLog, outputLog } = await standInAgent(dir.path);
  return {
    home: dir.path,
    program,
    stdinLog,
    outputLog,
    start: (options: Partial<DriveOptions> = {}) => driveAgent({ program, home: dir.path, ...options }),
    transcript: (id: string) => `${dir.path}/.claude/projects/${dir.path.replaceAll(/[^A-Za-z0-9]/g, "-")}/${id}.jsonl`,
    running: () => Array.from(Deno.readDirSync(`${dir.path}/.claude/sessions`)).map(({ name }) => name),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

export const records = async (path: string): Promise<Record<string, unknown>[]> =>
  (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line));

export const isAsking = isKind("permission_request");
export const isResponse = isKind("response");
export const outline = (messages: readonly AgentMessage[]) =>
  messages.map((message) =>
    message.kind === "event" ? (message as EventMessage).fact?.fact ?? message.type : message.kind
  );

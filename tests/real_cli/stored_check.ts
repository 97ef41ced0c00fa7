import { assertEquals } from "@std/assert";
import { findTranscript, readRecords } from "../../lib/claude_home/transcript.ts";
import type { HubWorld } from "./hub_world.ts";

const SPOKEN = ["user", "assistant"];

/**
 * Checks that the hub has stored what the transcripts of a session have: every record of a user or an assistant once, as
 * an event or as a prompt of ours, and nothing else; and that every prompt was sent and done once.
 *
 * @param conversations The conversations that the session was in. @default {the one that it is in}
 */
export async function checkStored(world: HubWorld, id: string, conversations?: readonly string[]): Promise<void> {
  const events = await world.events(id);
  assertEquals(events, world.followed.filter(({ session }) => session === id), "the follower got something else");
  assertEquals(events.map(({ seq }) => seq), events.map((_, i) => i + 1), "a hole in the events");
  const promptsThat = (subtype: string) =>
    events.filter((event) => event.type === "prompt" && event.subtype === subtype)
      .map(({ payload }) => (payload as { prompt_id: string }).prompt_id);
  const prompts = promptsThat("queued");
  assertEquals(promptsThat("done").toSorted(), prompts.toSorted(), "not every prompt is done once");
  const returned = promptsThat("returned");
  assertEquals(promptsThat("sent").toSorted(), [...prompts, ...returned].toSorted(), "not every prompt is sent once");
  const stored = events.filter(({ type }) => SPOKEN.includes(type)).map(({ payload }) => uuidOf(payload));
  const current = (await world.call("session.get", { session_name: id })).claude_session_id;
  const recorded: string[] = [];
  const texts = new Map<string, string>();
  for (const conversation of conversations ?? [current]) {
    const path = await findTranscript(world.home, conversation);
    if (path === undefined) throw new Error(`no transcript of ${conversation}`);
    for await (const { type, uuid, json } of readRecords(path)) {
      if (uuid !== undefined && SPOKEN.includes(type) && json.isSidechain !== true && !isSilent(json)) {
        recorded.push(uuid);
        texts.set(uuid, JSON.stringify(json));
      }
    }
  }
  const known = [...stored, ...prompts];
  const missing = recorded.filter((uuid) => !known.includes(uuid)).map((uuid) => texts.get(uuid));
  assertEquals(missing, [], "records of the transcript are not stored");
  assertEquals(known.toSorted(), recorded.toSorted(), "the events differ from the transcript");
}

/** Whether the CLI writes a record and says nothing of it: what stands in for an answer, and what began its own turn. */
function isSilent({ message, origin }: Readonly<Record<string, unknown>>): boolean {
  const { model, content } = message as { model?: string; content?: { text?: string }[] };
  const isFiller = model === "<synthetic>" && content?.[0]?.text === "No response requested.";
  return isFiller || (origin as { kind?: string } | undefined)?.kind === "task-notification";
}

function uuidOf(payload: unknown): string {
  return String((payload as { uuid?: string }).uuid);
}

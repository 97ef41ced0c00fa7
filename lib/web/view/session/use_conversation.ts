/**
 * The conversation of a shown session, which begins and ends with it.
 *
 * @module
 */

import { useEffect, useMemo } from "preact/hooks";
import type { PromptContent, Session, SessionEvent } from "../../../sessions/types.ts";
import type { HubApi } from "../../api/client.ts";
import { ConversationFeed } from "../../state/conversation_feed.ts";
import { sessionSource } from "../../state/session_source.ts";
import { toContent } from "../../state/stretch.ts";
import { useWorld } from "../../state/world.ts";
import { toNumber, toObject } from "../../text/fields.ts";
import { type ConversationView, newConversationView } from "./conversation_view.ts";

/** How many events about prompts are looked through for the content of one. */
const PROMPT_EVENTS = 100;

/**
 * Returns what the parts of the conversation share.
 *
 * @param event The id of an event to show.
 * @param farEnd Which end of the conversation is farther from what is shown.
 */
export function useConversation(
  session: Session,
  event: number | undefined,
  farEnd: () => "oldest" | "newest",
): ConversationView {
  const { api, hosts, hub, router } = useWorld();
  const { host } = session;
  const hostName = () => hosts.nameOf({ host });
  const view = useMemo(() => {
    const feed = new ConversationFeed(sessionSource(api, hub, session.id, hostName), farEnd);
    return newConversationView({
      feed,
      session,
      event,
      loadLarge: async (event) => feed.conversation.replace(await wholeEvent(api, event, hostName())),
      async findPrompt(promptId, before) {
        feed.conversation.fillPrompt(
          promptId,
          await promptContent(api, session.id, promptId, before, hostName()),
        );
      },
      addressOf: (event) => location.origin + router.href({ page: "session", session: session.id, event }),
    });
  }, [session.id]);
  useEffect(() => {
    void view.feed.start(event);
    return () => view.feed.stop();
  }, [view]);
  useEffect(() => {
    view.session.value = session;
  }, [session]);
  useEffect(() => {
    view.marked.value = event;
    if (event !== undefined && view.feed.phase.value === "ready") void view.feed.showEvent(event);
  }, [event]);
  return view;
}

async function wholeEvent(api: HubApi, event_id: number, host: string | undefined): Promise<SessionEvent> {
  const found = await api.call("session.event", { event_id, host });
  if (!("payload" in found)) throw new TypeError("The hub returned a part of the event");
  return found;
}

/** Returns the content of a prompt that was sent with an event. */
async function promptContent(
  api: HubApi,
  session_name: string,
  promptId: string,
  before: number,
  host: string | undefined,
): Promise<PromptContent> {
  const events = await api.call("session.events", { session_name, before, limit: PROMPT_EVENTS, types: "prompt" });
  for (const event of events.toReversed()) {
    const isLarge = toNumber(toObject(event.payload)["truncated"]) !== undefined;
    const payload = toObject((isLarge ? await wholeEvent(api, event.id, host) : event).payload);
    if (payload["prompt_id"] === promptId && payload["prompt"] !== undefined) return toContent(payload["prompt"]);
  }
  throw new Error("The prompt is not among the last ones");
}

import type { JSX } from "preact";
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../../../sessions/types.ts";
import type { HubApi } from "../../api/client.ts";
import { sessionMarkdown } from "../../state/conversation_markdown.ts";
import { useWorld } from "../../state/world.ts";
import { copyText } from "../clipboard.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { brief } from "../text.ts";
import { ChunkView } from "./conversation_chunk.tsx";
import { ScrollKeeper } from "./conversation_scroll.ts";
import { actOnEntry } from "./conversation_actions.tsx";
import { AnswerInProgress, WorkingLine } from "./conversation_text.tsx";
import { type ConversationView, ConversationViewProvider } from "./conversation_view.ts";
import { useConversation } from "./use_conversation.ts";
import { usePrinting } from "./use_printing.ts";

/** For how many frames an event that is there is waited for, until it is drawn. */
const DRAWN_FRAMES = 300;

/**
 * The conversation of a session: what was said and done, as it happens.
 *
 * @param event The id of an event to show.
 */
export function Conversation({ session, event }: { session: Session; event?: number }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper | undefined>(undefined);
  const { toasts } = useWorld();
  const view = useConversation(session, event, () => keeper.current?.farEnd ?? "oldest");
  const { feed, nearness, marked } = view;
  usePrinting(view);
  useEffect(() => {
    const made = new ScrollKeeper(scroller.current!, content.current!, {
      isAtEnd: view.isAtEnd,
      onNear: (end) =>
        void (end === "oldest" ? feed.loadOlder() : feed.loadNewer()).catch(() => {
          // The hub cannot be reached: it is tried again at the next scrolling.
        }),
    });
    keeper.current = made;
    nearness.begin(scroller.current!);
    return () => {
      made.close();
      nearness.end();
    };
  }, [view]);
  // Shows the event to which the address leads, once it is there.
  useSignalEffect(() => {
    const wanted = marked.value;
    if (wanted === undefined || feed.phase.value !== "ready") return;
    const place = { keeper: () => keeper.current, scroller: () => scroller.current };
    requestAnimationFrame(() => showEvent(view, place, wanted));
  });
  return (
    <ConversationViewProvider value={view}>
      <div class="conversation">
        <div
          class="conversation-scroll"
          ref={scroller}
          role="log"
          aria-label="Conversation"
          tabIndex={0}
          onClick={({ target }) => void actOnEntry(view, toasts, target)}
        >
          <div class="conversation-content" ref={content}>
            <Beginning view={view} />
            <Chunks view={view} />
            <AnswerInProgress />
            <WorkingLine />
          </div>
        </div>
        <JumpButton view={view} keeper={() => keeper.current} />
      </div>
    </ConversationViewProvider>
  );
}

/** Where a conversation is drawn, once it is. */
interface DrawnPlace {
  readonly keeper: () => ScrollKeeper | undefined;
  readonly scroller: () => HTMLElement | null;
}

/** Shows an event as soon as it is drawn, which a busy browser may do some frames later. */
function showEvent(view: ConversationView, place: DrawnPlace, event: number, frames = DRAWN_FRAMES): void {
  if (view.marked.peek() !== event) return;
  const entry = view.feed.conversation.find(event);
  // A result leads to its call, and an event without an entry to the one before it.
  if (entry !== undefined && entry.event !== event) {
    view.marked.value = entry.event;
    return;
  }
  if (entry === undefined) return;
  const element = place.scroller()?.querySelector<HTMLElement>(`[data-key="${CSS.escape(entry.key)}"]`);
  const keeper = place.keeper();
  if (element && keeper) keeper.show(element);
  else if (frames > 0) requestAnimationFrame(() => showEvent(view, place, event, frames - 1));
}

function Chunks({ view }: { view: ConversationView }): JSX.Element {
  return <>{view.feed.conversation.chunks.value.map((chunk) => <ChunkView key={chunk.id} chunk={chunk} />)}</>;
}

/** What stands above the first entry. */
function Beginning({ view: { feed, marked } }: { view: ConversationView }): JSX.Element | null {
  const { conversation, phase, problem, hasOlder } = feed;
  if (phase.value === "failed") {
    return (
      <div class="problem conversation-problem" role="alert">
        <p>{problem.value}</p>
        <Button icon="rotate-ccw" onClick={() => feed.start(marked.value)}>Try again</Button>
      </div>
    );
  }
  if (phase.value === "loading") return <Skeleton />;
  const isEmpty = conversation.chunks.value.every((chunk) => chunk.entries.value.length === 0);
  if (isEmpty && !hasOlder.value && feed.answer.value.text === "") return <Nothing />;
  return hasOlder.value ? <div class="conversation-more" aria-hidden="true" /> : null;
}

function Nothing(): JSX.Element {
  return (
    <div class="empty">
      <Icon name="message-square" size={28} />
      <p>Nothing was said yet. Write the first prompt below.</p>
    </div>
  );
}

function Skeleton(): JSX.Element {
  return (
    <div class="conversation-skeleton" aria-hidden="true">
      <div class="skeleton" />
      <div class="skeleton" />
      <div class="skeleton" />
    </div>
  );
}

/** Leads to the end for whoever is not there. */
function JumpButton(
  { view: { feed, isAtEnd }, keeper }: { view: ConversationView; keeper: () => ScrollKeeper | undefined },
): JSX.Element | null {
  const happenedBefore = useSignal(0);
  const isShown = useComputed(() => feed.phase.value === "ready" && (!isAtEnd.value || !feed.isAtPresent.value));
  useSignalEffect(() => {
    if (!isShown.value) happenedBefore.value = feed.happened.value;
  });
  if (!isShown.value) return null;
  const news = feed.happened.value - happenedBefore.value;
  const jump = async () => {
    await feed.showNewest();
    keeper()?.toEnd();
  };
  return (
    <div class="jump no-print">
      <Button icon="arrow-down" onClick={jump}>
        Jump to latest{news > 0 ? <span class="badge">{brief(news)} new</span> : null}
      </Button>
    </div>
  );
}

/** Copies a whole conversation as Markdown into the clipboard. */
export async function copyConversation(session: Session, api: HubApi): Promise<void> {
  await copyText(sessionMarkdown((params) => api.call("session.events", { session_name: session.id, ...params })));
}

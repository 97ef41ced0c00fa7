import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ConversationChunk } from "../../state/conversation_chunk.ts";
import type { Entry } from "../../state/conversation_entry.ts";
import { EntryView } from "./conversation_entry.tsx";
import { useConversationView } from "./conversation_view.ts";

/** About how high entries are, in pixels, before they were drawn. */
const HEIGHTS: Readonly<Partial<Record<Entry["kind"], number>>> = { answer: 90, prompt: 90, error: 90 };
const LINE_HEIGHT = 34;

/** A chunk of entries. Far from what is shown, an empty box of its height stands for it. */
export function ChunkView({ chunk }: { chunk: ConversationChunk }): JSX.Element {
  const { feed, nearness, isPrinting, marked } = useConversationView();
  const box = useRef<HTMLDivElement>(null);
  // What is at the end when it comes is seen at once; older pages come before they are seen.
  const isNear = useSignal(feed.conversation.chunks.peek().slice(-2).includes(chunk));
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    return nearness.watch(element, (isNow) => {
      if (!isNow && isNear.peek()) chunk.height = element.getBoundingClientRect().height;
      isNear.value = isNow;
    });
  }, []);
  const entries = chunk.entries.value;
  const event = marked.value ?? 0;
  const hasMarked = event >= chunk.first.id && event <= chunk.last.id;
  if (!isNear.value && !isPrinting.value && !hasMarked) {
    const height = chunk.height ?? entries.reduce((sum, { kind }) => sum + (HEIGHTS[kind] ?? LINE_HEIGHT), 0);
    return <div ref={box} class="chunk" data-chunk={chunk.id} style={{ height: `${height}px` }} />;
  }
  return (
    <div ref={box} class="chunk" data-chunk={chunk.id}>
      {entries.map((entry) => <EntryView key={entry.key} entry={entry} isMarked={marked.value === entry.event} />)}
    </div>
  );
}

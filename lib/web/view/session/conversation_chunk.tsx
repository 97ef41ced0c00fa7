import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ConversationChunk } from "../../state/conversation_chunk.ts";
import { EntryView } from "./conversation_entry.tsx";
import { useConversationView } from "./conversation_view.ts";

/** A chunk of entries. Far from what is shown, an empty box of its height stands for it. */
export function ChunkView({ chunk }: { chunk: ConversationChunk }): JSX.Element {
  const { nearness, isPrinting, marked } = useConversationView();
  const box = useRef<HTMLDivElement>(null);
  const isNear = useSignal(true);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    return nearness.watch(element, (isNow) => {
      if (!isNow) chunk.height = element.getBoundingClientRect().height;
      isNear.value = isNow;
    });
  }, []);
  const entries = chunk.entries.value;
  if (!isNear.value && !isPrinting.value && chunk.height !== undefined) {
    return <div ref={box} class="chunk" data-chunk={chunk.id} style={{ height: `${chunk.height}px` }} />;
  }
  return (
    <div ref={box} class="chunk" data-chunk={chunk.id}>
      {entries.map((entry) => <EntryView key={entry.key} entry={entry} isMarked={marked.value === entry.event} />)}
    </div>
  );
}

import type { JSX } from "preact";
import type { Session } from "../../../sessions/types.ts";
import type { HubApi } from "../../api/client.ts";

/** Placeholder. */
export function Conversation(_: { session: Session; event?: number }): JSX.Element {
  return <div role="log" aria-label="Conversation" style={{ overflow: "auto" }} />;
}
/** Placeholder. */
export async function copyConversation(_s: Session, _a: HubApi): Promise<void> {}

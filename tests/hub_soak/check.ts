import type { HubClient } from "../../lib/hub/hub_client.ts";
import type { SessionEvent } from "../../lib/sessions/types.ts";
import { isAgentMessage, writtenMessages } from "../helpers/sessions.ts";
import type { Watcher } from "./work.ts";
import type { Machine } from "./world.ts";

/** Returns all events of a session, oldest first. */
export async function eventsOf(hub: HubClient, name: string): Promise<SessionEvent[]> {
  const events: SessionEvent[] = [];
  for (;;) {
    const page = await hub.call("session.events", { session_name: name, after: events.at(-1)?.id ?? 0 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/**
 * Compares what a machine has stored with what its agents have written, and with what the watcher has seen.
 *
 * @returns What differs; nothing if all is well.
 */
export async function findDifferences(machine: Machine, watcher: Watcher): Promise<string[]> {
  const { home, host, sessions } = machine;
  const findings: string[] = [];
  await using hub = await machine.connect();
  const ids: number[] = [];
  for (const name of sessions) {
    const { claude_session_id: conversation } = await hub.call("session.get", { session_name: name });
    const events = await eventsOf(hub, name);
    ids.push(...events.map(({ id }) => id));
    const holes = events.findIndex(({ seq }, i) => seq !== i + 1);
    if (holes >= 0) findings.push(`${name}: seq ${events[holes]!.seq} instead of ${holes + 1}`);
    const stored = events.filter(isAgentMessage).map(({ payload }) => JSON.stringify(payload));
    const written = (await writtenMessages(home.agent, conversation)).map((one) => JSON.stringify(one));
    if (stored.join("\n") !== written.join("\n")) {
      const at = stored.findIndex((one, i) => one !== written[i]);
      findings.push(`${name}: ${written.length} messages written, ${stored.length} stored; they differ from ${at}`);
    }
  }
  const before = watcher.before.get(host) ?? 0;
  const expected = ids.filter((id) => id > before).sort((a, b) => a - b).join();
  const seen = watcher.seen.get(host) ?? [];
  if (seen.join() !== expected) {
    const doubled = seen.length - new Set(seen).size;
    findings.push(`${host ?? "main"}: ${ids.length} events stored, ${seen.length} seen, ${doubled} of them twice`);
  }
  return findings;
}

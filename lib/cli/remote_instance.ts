/**
 * Waits for instances of remote control, and shows them to people.
 *
 * @module
 */

import type { HubClient } from "../hub/hub_client.ts";
import type { Instance, StartedInstance } from "../remote/types.ts";
import { print, printMessage } from "./print.ts";
import { safeTable } from "./safe_table.ts";
import { formatAge } from "./table.ts";
import { toOneLine } from "./terminal_text.ts";

/** How tables are fitted to the terminal. */
export interface InstanceTextOptions {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/** Waits until an instance is ready, or has failed to be; returns it. */
export async function untilReady(client: HubClient, started: Instance): Promise<Instance> {
  const { id } = started;
  const ending = new AbortController();
  for await (const message of client.follow({ watch: ["instances"], sessions: [], signal: ending.signal })) {
    // What has changed before the first message is asked for.
    if (message.type !== "snapshot" && !("instance" in message && message.instance.id === id)) continue;
    const instance = await client.call("instances.get", { instance_id: id });
    if (instance.status !== "starting") return instance;
  }
  return await client.call("instances.get", { instance_id: id });
}

/**
 * Prints an instance that was to be started.
 *
 * @param isJson Whether to print it as JSON.
 * @param verb What was done, if it runs or is being started.
 * @returns The exit code.
 */
export function reportInstance(instance: Instance | StartedInstance, isJson: boolean, verb: string): number {
  const { name, status, session_url, url, error_detail, unconfirmed } = instance;
  const isFine = status === "running" || status === "starting";
  const link = session_url ?? url;
  const note = unconfirmed ? " (it has shown no link, so whether it can be reached is not known)" : "";
  if (isJson) print(JSON.stringify(instance));
  else if (isFine) print(`${verb} ${toOneLine(name)}${note}${link === null ? "" : `\n${link}`}`);
  if (isFine) return 0;
  printMessage(`${toOneLine(name)}: ${toOneLine(error_detail ?? `it is ${status}`)}`);
  return 1;
}

/** A link leads nowhere once nothing answers at this end. */
function linkOf({ ended_at, session_url, url }: Instance): string | null {
  return ended_at === undefined ? session_url ?? url : null;
}

/** Formats instances as a table. */
export function formatInstances(instances: readonly Instance[], { columns, now }: InstanceTextOptions): string {
  const rows = instances.map((instance) => [
    instance.name,
    instance.project,
    instance.unconfirmed ? `${instance.status} (unconfirmed)` : instance.status,
    instance.spawn_mode === null ? instance.mode : `${instance.mode}, ${instance.spawn_mode}`,
    instance.permission_mode,
    formatAge((now - Date.parse(instance.started_at)) / 1_000),
    instance.error_detail ?? linkOf(instance) ?? "-",
  ]);
  return safeTable([["NAME", "PROJECT", "STATUS", "MODE", "PERMISSIONS", "STARTED", "LINK"], ...rows], columns);
}

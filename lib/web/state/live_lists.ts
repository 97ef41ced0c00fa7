/**
 * Lists of the hub, and how notices change them.
 *
 * @module
 */

import type { NoticeMessage } from "../../hub/hub_client.ts";
import type { Host } from "../../hosts/types.ts";
import type { CloneJob } from "../../projects/types.ts";
import type { ExternalSession, Instance, MetricsSample } from "../../remote/types.ts";

/** How many samples are kept: a minute of them. */
const MAX_SAMPLES = 16;

/** Returns the instances after a notice about one. */
export function instancesAfter(list: readonly Instance[], notice: NoticeMessage): readonly Instance[] | undefined {
  if (notice.topic !== "instances") return list;
  if ("removed" in notice) return list.filter(({ id }) => id !== notice.removed);
  return withEntry(list, notice.instance);
}

/** Returns the clones after a notice about one. */
export function clonesAfter(list: readonly CloneJob[], notice: NoticeMessage): readonly CloneJob[] | undefined {
  return notice.topic === "clones" ? withEntry(list, notice.job) : list;
}

/** Returns the sessions outside of the hub after a notice. */
export function externalAfter(
  list: readonly ExternalSession[],
  notice: NoticeMessage,
): readonly ExternalSession[] | undefined {
  return notice.topic === "external" ? notice.external : list;
}

/** Returns the samples of the last minute after a notice. */
export function samplesAfter(
  list: readonly MetricsSample[],
  notice: NoticeMessage,
): readonly MetricsSample[] | undefined {
  if (notice.topic !== "metrics" || notice.sample.at <= (list.at(-1)?.at ?? "")) return list;
  return [...list, notice.sample].slice(-MAX_SAMPLES);
}

/** Returns the hosts, sorted by name, after a notice about one. */
export function hostsAfter(list: readonly Host[], notice: NoticeMessage): readonly Host[] {
  if (notice.topic !== "hosts") return list;
  if ("removed" in notice) return list.filter(({ name }) => name !== notice.removed);
  const others = list.filter(({ name }) => name !== notice.host.name);
  return [...others, notice.host].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Whether a notice says that a project has changed. */
export function isOfProject(notice: NoticeMessage, project: string): boolean {
  return notice.topic === "projects" && (notice.name ?? project) === project;
}

/** Returns a list with an entry in the place of the former one; a new one comes first. */
function withEntry<E extends { readonly id: string }>(list: readonly E[], entry: E): readonly E[] {
  const isKnown = list.some(({ id }) => id === entry.id);
  return isKnown ? list.map((each) => each.id === entry.id ? entry : each) : [entry, ...list];
}

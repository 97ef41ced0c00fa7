import { useEffect } from "preact/hooks";
import type { LiveValue } from "../../state/live_value.ts";
import type { Projects } from "../../state/projects.ts";
import { useWorld } from "../../state/world.ts";

/** Of how many hosts projects and remote control are read at once; with more, one is chosen first. */
export const MAX_PLACES = 12;

/** Something, and the host that has it. */
export interface Placed<T> {
  /** The name of the host; `undefined` for the hub itself. */
  readonly host: string | undefined;
  readonly thing: T;
}

/**
 * Keeps a list of several machines current, and returns what is in it, machine after machine.
 *
 * @param hosts The names of the machines; `undefined` stands for the hub itself.
 * @param listOf Returns the list of a machine.
 * @param itemsOf Returns what is in it.
 */
export function usePlaces<L, T>(
  hosts: readonly (string | undefined)[],
  listOf: (projects: Projects) => LiveValue<L>,
  itemsOf: (list: L) => readonly T[],
): readonly Placed<T>[] {
  const world = useWorld();
  const lists = hosts.map((host) => ({ host, list: listOf((host === undefined ? world : world.on(host)).projects) }));
  useEffect(() => {
    const ends = lists.map(({ list }) => list.open());
    return () => ends.forEach((end) => end());
  }, [JSON.stringify(hosts)]);
  return lists.flatMap(({ host, list }) => {
    const { value } = list.value;
    return value === undefined ? [] : itemsOf(value).map((thing) => ({ host, thing }));
  });
}

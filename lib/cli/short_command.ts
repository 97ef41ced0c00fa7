import type { AnyCommand, CommandEntry, CommandGroup } from "./command.ts";

/**
 * Makes a command of a group callable without the name of the group.
 *
 * @param group The name of the group.
 * @param entry The command as an entry of the first level; it is loaded like any other.
 */
export function withoutGroup(
  group: string,
  { load, ...entry }: Omit<CommandEntry, "load"> & { load(): Promise<{ default: AnyCommand }> },
): CommandEntry {
  return {
    ...entry,
    async load(): Promise<{ default: AnyCommand | CommandGroup }> {
      const command = (await load()).default;
      return { default: { ...command, usage: command.usage.replace(`${group} `, "") } };
    },
  };
}

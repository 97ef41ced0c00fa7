import { importLate } from "../../../../system/import_late.ts";
import type { CommandGroup } from "../../../command.ts";

/** The commands about tokens. */
const group: CommandGroup = {
  about: "The hub's own token may do everything. Named API tokens are for other programs and\n" +
    "machines: each can be revoked alone, and may be one that only reads.",
  commands: {
    show: {
      summary: "print the hub's own token, or replace it",
      load: () => importLate(import.meta.resolve("./show.ts")),
    },
    create: { summary: "make a named API token", load: () => importLate(import.meta.resolve("./create.ts")) },
    list: { summary: "list the named API tokens", load: () => importLate(import.meta.resolve("./list.ts")) },
    revoke: {
      summary: "make a named API token invalid",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./revoke.ts")),
    },
  },
  defaultCommand: "show",
};

export default group;

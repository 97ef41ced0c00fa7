import { importLate } from "../../../../system/import_late.ts";
import type { CommandGroup } from "../../../command.ts";

/** The commands about browsers that have signed in. */
const group: CommandGroup = {
  about: "Browsers that have signed in stay so for seven days after they were last used.",
  commands: {
    list: {
      summary: "list the browsers that have signed in",
      load: () => importLate(import.meta.resolve("./list.ts")),
    },
    revoke: {
      summary: "sign a browser out",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./revoke.ts")),
    },
  },
  defaultCommand: "list",
};

export default group;

import { importLate } from "../../../../system/import_late.ts";
import type { CommandGroup } from "../../../command.ts";

const GROUP: CommandGroup = {
  about: "A host that cannot be reached over ssh, such as one behind NAT, dials this hub. It has a\n" +
    "key of its own for that, which is good for nothing else.",
  commands: {
    create: {
      summary: "make the key of a host, and the host",
      load: () => importLate(import.meta.resolve("./create.ts")),
    },
    revoke: {
      summary: "make the key of a host invalid",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./revoke.ts")),
    },
  },
};

export default GROUP;

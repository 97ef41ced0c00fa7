import { importLate } from "../../../system/import_late.ts";
import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: "Other machines whose sessions this hub shows. Each has a hub of its own, which goes on\n" +
    "alone. It is reached with your own ssh, over NATS, or by a link that it dials.",
  commands: {
    list: { summary: "list the hosts", load: () => importLate(import.meta.resolve("./list.ts")) },
    add: { summary: "add a host, and connect to it", load: () => importLate(import.meta.resolve("./add.ts")) },
    status: {
      summary: "show a host, and what to do where it is not up",
      load: () => importLate(import.meta.resolve("./status.ts")),
    },
    install: { summary: "install claustrum on a host", load: () => importLate(import.meta.resolve("./install.ts")) },
    upgrade: {
      summary: "replace the version of a host, or of all",
      load: () => importLate(import.meta.resolve("./upgrade.ts")),
    },
    uninstall: {
      summary: "take claustrum away from a host",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./uninstall.ts")),
    },
    retry: { summary: "try a host again now", load: () => importLate(import.meta.resolve("./retry.ts")) },
    "accept-key": {
      summary: "accept the key of a host that is not known yet",
      load: () => importLate(import.meta.resolve("./accept_key.ts")),
    },
    key: {
      summary: "make or revoke the key with which a host dials this hub",
      load: () => importLate(import.meta.resolve("./key/group.ts")),
    },
    remove: {
      summary: "forget a host",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./remove.ts")),
    },
    "nats-permissions": {
      summary: "print the NATS server's configuration for the hubs in it",
      load: () => importLate(import.meta.resolve("./nats_permissions.ts")),
    },
  },
  defaultCommand: "list",
};

export default GROUP;

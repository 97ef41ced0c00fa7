import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: "Other machines whose sessions this hub shows. Each has a hub of its own, which goes on\n" +
    "alone; it is reached with your own ssh and its configuration.",
  commands: {
    list: { summary: "list the hosts", load: () => import("./list.ts") },
    add: { summary: "add a host, and connect to it", load: () => import("./add.ts") },
    status: { summary: "show a host, and what to do where it is not up", load: () => import("./status.ts") },
    install: { summary: "install claustrum on a host", load: () => import("./install.ts") },
    upgrade: { summary: "replace the version of a host, or of all", load: () => import("./upgrade.ts") },
    uninstall: {
      summary: "take claustrum away from a host",
      isDestructive: true,
      load: () => import("./uninstall.ts"),
    },
    retry: { summary: "try a host again now", load: () => import("./retry.ts") },
    "accept-key": { summary: "accept the key of a host that is not known yet", load: () => import("./accept_key.ts") },
    key: { summary: "make or revoke the key with which a host dials this hub", load: () => import("./key/group.ts") },
    remove: { summary: "forget a host", isDestructive: true, load: () => import("./remove.ts") },
    "nats-permissions": {
      summary: "print the NATS server's configuration for the hubs in it",
      load: () => import("./nats_permissions.ts"),
    },
  },
  defaultCommand: "list",
};

export default GROUP;

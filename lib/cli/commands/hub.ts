import { importLate } from "../../system/import_late.ts";
import type { CommandGroup } from "../command.ts";

/** The commands of the hub itself. */
const group: CommandGroup = {
  about: "The hub keeps agent sessions on this machine: it talks to the agents, stores what\n" +
    "happens, and lets commands and programs take part.",
  commands: {
    start: {
      summary: "start the hub, and the daemon if none runs",
      load: () => importLate(import.meta.resolve("./hub/start.ts")),
    },
    status: { summary: "tell whether the hub is up", load: () => importLate(import.meta.resolve("./hub/status.ts")) },
    stop: {
      summary: "stop the hub; agents run on",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./hub/stop.ts")),
    },
    restart: {
      summary: "start the hub anew, as after an upgrade; agents run on",
      load: () => importLate(import.meta.resolve("./hub/restart.ts")),
    },
    open: {
      summary: "open the page in the browser, signed in",
      load: () => importLate(import.meta.resolve("./hub/open.ts")),
    },
    doctor: {
      summary: "check the hub and what it needs",
      load: () => importLate(import.meta.resolve("./hub/doctor.ts")),
    },
    config: {
      summary: "print the configuration that is in effect",
      load: () => importLate(import.meta.resolve("./hub/config.ts")),
    },
    import: {
      summary: "print what the configuration of another program means here",
      load: () => importLate(import.meta.resolve("./hub/import.ts")),
    },
    "hash-password": {
      summary: "print the hash of a password for the configuration",
      load: () => importLate(import.meta.resolve("./hub/hash_password.ts")),
    },
    token: {
      summary: "print the token, or manage named ones",
      load: () => importLate(import.meta.resolve("./hub/token/group.ts")),
    },
    "sign-ins": {
      summary: "list or end sign-ins of browsers",
      load: () => importLate(import.meta.resolve("./hub/sign_ins/group.ts")),
    },
    backup: {
      summary: "copy the database into a file",
      load: () => importLate(import.meta.resolve("./hub/backup.ts")),
    },
    restore: {
      summary: "put a backup in the place of the database",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./hub/restore.ts")),
    },
    service: {
      summary: "print or install a service for systemd, launchd or Windows",
      load: () => importLate(import.meta.resolve("./hub/service.ts")),
    },
    link: {
      summary: "have another hub show this one's sessions",
      load: () => importLate(import.meta.resolve("./hub/link.ts")),
    },
    bridge: {
      summary: "copy bytes between stdin, stdout and the hub's socket",
      load: () => importLate(import.meta.resolve("./hub/bridge.ts")),
    },
    audit: { summary: "list changes and who made them", load: () => importLate(import.meta.resolve("./hub/audit.ts")) },
  },
  defaultCommand: "start",
};

export default group;

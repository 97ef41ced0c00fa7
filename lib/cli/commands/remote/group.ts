import { importLate } from "../../../system/import_late.ts";
import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Remote control: the agent CLI's own servers, to which claude.ai and the phone app attach.
NAME is an instance's name, its id, or a unique beginning of either.`,
  commands: {
    start: { summary: "start remote control of a project", load: () => importLate(import.meta.resolve("./start.ts")) },
    list: { summary: "list instances", load: () => importLate(import.meta.resolve("./list.ts")) },
    stop: {
      summary: "stop an instance",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./stop.ts")),
    },
    resume: { summary: "start a stopped instance again", load: () => importLate(import.meta.resolve("./resume.ts")) },
    forget: {
      summary: "forget a stopped instance and its log",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./forget.ts")),
    },
    logs: { summary: "print the log of an instance", load: () => importLate(import.meta.resolve("./logs.ts")) },
    recap: {
      summary: "print the end of the last conversation, for a hook",
      load: () => importLate(import.meta.resolve("./recap.ts")),
    },
    qr: {
      summary: "draw the link of an instance as a QR code",
      load: () => importLate(import.meta.resolve("./qr.ts")),
    },
    reap: {
      summary: "find environments that nobody serves any more",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./reap.ts")),
    },
  },
};

export default GROUP;

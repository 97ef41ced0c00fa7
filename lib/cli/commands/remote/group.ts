import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Remote control: the agent CLI's own servers, to which claude.ai and the phone app attach.
NAME is an instance's name, its id, or a unique beginning of either.`,
  commands: {
    start: { summary: "start remote control of a project", load: () => import("./start.ts") },
    list: { summary: "list instances", load: () => import("./list.ts") },
    stop: { summary: "stop an instance", isDestructive: true, load: () => import("./stop.ts") },
    resume: { summary: "start a stopped instance again", load: () => import("./resume.ts") },
    forget: {
      summary: "forget a stopped instance and its log",
      isDestructive: true,
      load: () => import("./forget.ts"),
    },
    logs: { summary: "print the log of an instance", load: () => import("./logs.ts") },
    recap: { summary: "print the end of the last conversation, for a hook", load: () => import("./recap.ts") },
    qr: { summary: "draw the link of an instance as a QR code", load: () => import("./qr.ts") },
    reap: {
      summary: "find environments that nobody serves any more",
      isDestructive: true,
      load: () => import("./reap.ts"),
    },
  },
};

export default GROUP;

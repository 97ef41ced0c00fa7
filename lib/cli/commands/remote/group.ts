import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: "Remote control: the agent CLI's own servers, to which claude.ai and the phone app attach.",
  commands: {
    reap: {
      summary: "find environments that nobody serves any more",
      isDestructive: true,
      load: () => import("./reap.ts"),
    },
  },
};

export default GROUP;

import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Projects: the directories in which agents work, each directly below the directory
that the configuration names as projects.root.`,
  commands: {
    clone: { summary: "clone a repository into a new project", load: () => import("./clone.ts") },
    history: { summary: "list and print past conversations", load: () => import("./history.ts") },
  },
};

export default GROUP;

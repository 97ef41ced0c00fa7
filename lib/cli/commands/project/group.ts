import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Projects: the directories in which agents work, each directly below the directory
that the configuration names as projects.root.`,
  commands: {
    list: { summary: "list the projects", load: () => import("./list.ts") },
    show: { summary: "show a project and its work trees", load: () => import("./show.ts") },
    create: { summary: "make a directory for a project", load: () => import("./create.ts") },
    trust: { summary: "record that you trust a project", load: () => import("./trust.ts") },
  },
};

export default GROUP;

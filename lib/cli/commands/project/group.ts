import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Projects: the directories in which agents work, each directly below the directory
that the configuration names as projects.root.`,
  commands: {
    list: { summary: "list the projects", load: () => import("./list.ts") },
    show: { summary: "show a project and its work trees", load: () => import("./show.ts") },
    create: { summary: "make a directory for a project", load: () => import("./create.ts") },
    trust: { summary: "record that you trust a project", load: () => import("./trust.ts") },
    clone: { summary: "clone a repository into a new project", load: () => import("./clone.ts") },
    "remove-worktree": {
      summary: "remove a work tree that was made for a session",
      load: () => import("./remove_worktree.ts"),
    },
    history: { summary: "list and print past conversations", load: () => import("./history.ts") },
  },
};

export default GROUP;

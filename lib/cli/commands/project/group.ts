import { importLate } from "../../../system/import_late.ts";
import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Projects: the directories in which agents work, each directly below the directory
that the configuration names as projects.root.`,
  commands: {
    list: { summary: "list the projects", load: () => importLate(import.meta.resolve("./list.ts")) },
    show: { summary: "show a project and its work trees", load: () => importLate(import.meta.resolve("./show.ts")) },
    create: { summary: "make a directory for a project", load: () => importLate(import.meta.resolve("./create.ts")) },
    trust: { summary: "record that you trust a project", load: () => importLate(import.meta.resolve("./trust.ts")) },
    clone: {
      summary: "clone a repository into a new project",
      load: () => importLate(import.meta.resolve("./clone.ts")),
    },
    "remove-worktree": {
      summary: "remove a work tree that was made for a session",
      load: () => importLate(import.meta.resolve("./remove_worktree.ts")),
    },
    history: {
      summary: "list and print past conversations",
      load: () => importLate(import.meta.resolve("./history.ts")),
    },
  },
};

export default GROUP;

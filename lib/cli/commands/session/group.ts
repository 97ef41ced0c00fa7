import { importLate } from "../../../system/import_late.ts";
import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Agents that people and programs talk to. NAME is a session's name, its id, or a
unique beginning of either. The hub keeps sessions; it is started if none runs.`,
  commands: {
    start: { summary: "start an agent in a directory", load: () => importLate(import.meta.resolve("./start.ts")) },
    list: { summary: "list sessions", load: () => importLate(import.meta.resolve("./list.ts")) },
    show: {
      summary: "show a session, its queue and what it asks for",
      load: () => importLate(import.meta.resolve("./show.ts")),
    },
    send: {
      summary: "send a prompt, and wait for the answer if you like",
      load: () => importLate(import.meta.resolve("./send.ts")),
    },
    events: { summary: "print what was said and done", load: () => importLate(import.meta.resolve("./events.ts")) },
    changes: {
      summary: "show what differs from where a session started",
      load: () => importLate(import.meta.resolve("./changes.ts")),
    },
    queue: {
      summary: "show or change the prompts that wait",
      load: () => importLate(import.meta.resolve("./queue.ts")),
    },
    approve: { summary: "allow what the agent asks for", load: () => importLate(import.meta.resolve("./approve.ts")) },
    deny: { summary: "deny what the agent asks for", load: () => importLate(import.meta.resolve("./deny.ts")) },
    answer: { summary: "answer questions of the agent", load: () => importLate(import.meta.resolve("./answer.ts")) },
    interrupt: { summary: "interrupt the turn", load: () => importLate(import.meta.resolve("./interrupt.ts")) },
    attach: { summary: "open a session in this terminal", load: () => importLate(import.meta.resolve("./attach.ts")) },
    stop: {
      summary: "stop the agent of a session",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./stop.ts")),
    },
    kill: {
      summary: "kill the agent and its commands at once",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./kill.ts")),
    },
    resume: { summary: "start a stopped session again", load: () => importLate(import.meta.resolve("./resume.ts")) },
    fork: {
      summary: "start a new session with a copy of a conversation",
      load: () => importLate(import.meta.resolve("./fork.ts")),
    },
    rename: { summary: "give a session another name", load: () => importLate(import.meta.resolve("./rename.ts")) },
    remove: {
      summary: "forget a stopped session",
      isDestructive: true,
      load: () => importLate(import.meta.resolve("./remove.ts")),
    },
    policy: {
      summary: "show or change who answers permissions",
      load: () => importLate(import.meta.resolve("./policy.ts")),
    },
    rules: {
      summary: "show or remove what is allowed for a session",
      load: () => importLate(import.meta.resolve("./rules.ts")),
    },
    search: {
      summary: "search what people and agents said",
      load: () => importLate(import.meta.resolve("./search.ts")),
    },
  },
};

export default GROUP;

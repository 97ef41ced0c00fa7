import type { CommandGroup } from "../../command.ts";

const GROUP: CommandGroup = {
  about: `Agents that people and programs talk to. NAME is a session's name, its id, or a
unique beginning of either. The hub keeps sessions; it is started if none runs.`,
  commands: {
    start: { summary: "start an agent in a directory", load: () => import("./start.ts") },
    list: { summary: "list sessions", load: () => import("./list.ts") },
    show: { summary: "show a session, its queue and what it asks for", load: () => import("./show.ts") },
    send: { summary: "send a prompt, and wait for the answer if you like", load: () => import("./send.ts") },
    events: { summary: "print what was said and done", load: () => import("./events.ts") },
    changes: { summary: "show what differs from where a session started", load: () => import("./changes.ts") },
    queue: { summary: "show or change the prompts that wait", load: () => import("./queue.ts") },
    approve: { summary: "allow what the agent asks for", load: () => import("./approve.ts") },
    deny: { summary: "deny what the agent asks for", load: () => import("./deny.ts") },
    answer: { summary: "answer questions of the agent", load: () => import("./answer.ts") },
    interrupt: { summary: "interrupt the turn", load: () => import("./interrupt.ts") },
    attach: { summary: "open a session in this terminal", load: () => import("./attach.ts") },
    stop: { summary: "stop the agent of a session", isDestructive: true, load: () => import("./stop.ts") },
    kill: { summary: "kill the agent and its commands at once", isDestructive: true, load: () => import("./kill.ts") },
    resume: { summary: "start a stopped session again", load: () => import("./resume.ts") },
    fork: { summary: "start a new session with a copy of a conversation", load: () => import("./fork.ts") },
    rename: { summary: "give a session another name", load: () => import("./rename.ts") },
    remove: { summary: "forget a stopped session", isDestructive: true, load: () => import("./remove.ts") },
    policy: { summary: "show or change who answers permissions", load: () => import("./policy.ts") },
    rules: { summary: "show or remove what is allowed for a session", load: () => import("./rules.ts") },
    search: { summary: "search what people and agents said", load: () => import("./search.ts") },
  },
};

export default GROUP;

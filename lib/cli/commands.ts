/**
 * Which commands there are; each is loaded only when it is called.
 *
 * @module
 */

import type { CommandTable, Program } from "./command.ts";
import { withoutGroup } from "./short_command.ts";

const COMMANDS: CommandTable = {
  start: withoutGroup("session", {
    summary: "start an agent in a directory",
    load: () => import("./commands/session/start.ts"),
  }),
  list: withoutGroup("session", { summary: "list sessions", load: () => import("./commands/session/list.ts") }),
  send: withoutGroup("session", {
    summary: "send a prompt to a session",
    load: () => import("./commands/session/send.ts"),
  }),
  session: { summary: "all that can be done with sessions", load: () => import("./commands/session/group.ts") },
  serve: { summary: "start the daemon", load: () => import("./commands/serve.ts") },
  status: { summary: "tell whether the daemon is up", load: () => import("./commands/status.ts") },
  stop: {
    summary: "stop the daemon and its processes, or a session",
    isDestructive: true,
    load: () => import("./commands/session/stop_either.ts"),
  },
  bridge: {
    summary: "connect stdin and stdout to the daemon; what SSH attaches to",
    load: () => import("./commands/bridge.ts"),
  },
  run: { summary: "run a command in the daemon and behave like it", load: () => import("./commands/run.ts") },
  ps: { summary: "list processes", load: () => import("./commands/ps.ts") },
  attach: {
    summary: "open a session, or catch up with a process and follow it",
    load: () => import("./commands/session/attach_either.ts"),
  },
  logs: { summary: "print what a process has printed", load: () => import("./commands/logs.ts") },
  kill: {
    summary: "kill a session's agent, end a process, or signal it",
    isDestructive: true,
    load: () => import("./commands/session/kill_either.ts"),
  },
  call: { summary: "call any method", load: () => import("./commands/call.ts") },
  install: {
    summary: "see to it that a version of the agent CLI is there",
    load: () => import("./commands/install.ts"),
  },
  service: {
    summary: "print or install a unit for systemd or launchd",
    load: () => import("./commands/service.ts"),
  },
  doctor: { summary: "check what the daemon needs", load: () => import("./commands/doctor.ts") },
  completions: { summary: "print completions for a shell", load: () => import("./commands/completions.ts") },
  version: { summary: "print the version", load: () => import("./commands/version.ts") },
  help: { summary: "show this, or the help of a command", load: () => import("./commands/help.ts") },
};

/** The commands of the tool. */
export const PROGRAM: Program = { commands: COMMANDS };

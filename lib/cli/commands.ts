/**
 * Which commands there are; each is loaded only when it is called.
 *
 * @module
 */

import type { CommandTable, Program } from "./command.ts";

const COMMANDS: CommandTable = {
  serve: { summary: "start the daemon", load: () => import("./commands/serve.ts") },
  status: { summary: "tell whether the daemon is up", load: () => import("./commands/status.ts") },
  stop: {
    summary: "stop the daemon and its processes",
    isDestructive: true,
    load: () => import("./commands/stop.ts"),
  },
  bridge: {
    summary: "connect stdin and stdout to the daemon; what SSH attaches to",
    load: () => import("./commands/bridge.ts"),
  },
  run: { summary: "run a command in the daemon and behave like it", load: () => import("./commands/run.ts") },
  ps: { summary: "list processes", load: () => import("./commands/ps.ts") },
  attach: { summary: "catch up with a process and follow it", load: () => import("./commands/attach.ts") },
  logs: { summary: "print what a process has printed", load: () => import("./commands/logs.ts") },
  kill: {
    summary: "end a process, or signal it",
    isDestructive: true,
    load: () => import("./commands/kill.ts"),
  },
  call: { summary: "call any method", load: () => import("./commands/call.ts") },
  hub: { summary: "start, stop and look after the hub of agent sessions", load: () => import("./commands/hub.ts") },
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

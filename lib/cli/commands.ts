/**
 * Lists the commands of claustrum. A command is loaded when it is called.
 *
 * @module
 */

import { importLate } from "../system/import_late.ts";
import type { CommandTable, Program } from "./command.ts";
import { withoutGroup } from "./short_command.ts";

const COMMANDS: CommandTable = {
  start: withoutGroup("session", {
    summary: "start an agent in a directory",
    load: () => importLate(import.meta.resolve("./commands/session/start.ts")),
  }),
  list: withoutGroup("session", {
    summary: "list sessions",
    load: () => importLate(import.meta.resolve("./commands/session/list.ts")),
  }),
  send: withoutGroup("session", {
    summary: "send a prompt to a session",
    load: () => importLate(import.meta.resolve("./commands/session/send.ts")),
  }),
  session: {
    summary: "manage sessions of agents",
    load: () => importLate(import.meta.resolve("./commands/session/group.ts")),
  },
  project: {
    summary: "manage the directories in which agents work",
    load: () => importLate(import.meta.resolve("./commands/project/group.ts")),
  },
  usage: {
    summary: "show what conversations have used",
    load: () => importLate(import.meta.resolve("./commands/usage.ts")),
  },
  serve: { summary: "start the daemon", load: () => importLate(import.meta.resolve("./commands/serve.ts")) },
  status: {
    summary: "show whether the daemon is running",
    load: () => importLate(import.meta.resolve("./commands/status.ts")),
  },
  stop: {
    summary: "stop a session or a process, or the daemon and all of them",
    isDestructive: true,
    load: () => importLate(import.meta.resolve("./commands/session/stop_either.ts")),
  },
  bridge: {
    summary: "connect stdin and stdout to the daemon, for clients over SSH",
    load: () => importLate(import.meta.resolve("./commands/bridge.ts")),
  },
  run: {
    summary: "run a command in the daemon as if it ran here",
    load: () => importLate(import.meta.resolve("./commands/run.ts")),
  },
  ps: { summary: "list processes", load: () => importLate(import.meta.resolve("./commands/ps.ts")) },
  top: {
    summary: "show the processes that use most, live",
    load: () => importLate(import.meta.resolve("./commands/top.ts")),
  },
  attach: {
    summary: "open a session, or show the output of a process and follow it",
    load: () => importLate(import.meta.resolve("./commands/session/attach_either.ts")),
  },
  logs: {
    summary: "print what a process has printed",
    load: () => importLate(import.meta.resolve("./commands/logs.ts")),
  },
  kill: {
    summary: "kill a session, end a process or send it a signal",
    isDestructive: true,
    load: () => importLate(import.meta.resolve("./commands/session/kill_either.ts")),
  },
  restart: {
    summary: "end processes and start them again",
    isDestructive: true,
    load: () => importLate(import.meta.resolve("./commands/restart.ts")),
  },
  wait: {
    summary: "wait until processes have ended",
    load: () => importLate(import.meta.resolve("./commands/wait.ts")),
  },
  exec: {
    summary: "run a command in the directory and environment of a process",
    load: () => importLate(import.meta.resolve("./commands/exec.ts")),
  },
  inspect: {
    summary: "show all about a process",
    load: () => importLate(import.meta.resolve("./commands/inspect.ts")),
  },
  rename: { summary: "give a process another id", load: () => importLate(import.meta.resolve("./commands/rename.ts")) },
  rm: {
    summary: "forget processes that have ended",
    isDestructive: true,
    load: () => importLate(import.meta.resolve("./commands/rm.ts")),
  },
  prune: {
    summary: "forget all processes that have ended",
    isDestructive: true,
    load: () => importLate(import.meta.resolve("./commands/prune.ts")),
  },
  call: { summary: "call a method of the daemon", load: () => importLate(import.meta.resolve("./commands/call.ts")) },
  remote: {
    summary: "manage the agent CLI's own remote control",
    load: () => importLate(import.meta.resolve("./commands/remote/group.ts")),
  },
  host: {
    summary: "show the sessions of other machines",
    load: () => importLate(import.meta.resolve("./commands/host/group.ts")),
  },
  hub: {
    summary: "start, stop and show the hub of agent sessions",
    load: () => importLate(import.meta.resolve("./commands/hub.ts")),
  },
  mcp: {
    summary: "offer sessions to agents as tools, over MCP",
    load: () => importLate(import.meta.resolve("./commands/mcp.ts")),
  },
  install: {
    summary: "ensure that a version of the agent CLI is installed",
    load: () => importLate(import.meta.resolve("./commands/install.ts")),
  },
  service: {
    summary: "print or install a service for systemd, launchd or Windows",
    load: () => importLate(import.meta.resolve("./commands/service.ts")),
  },
  doctor: {
    summary: "check the environment of the daemon",
    load: () => importLate(import.meta.resolve("./commands/doctor.ts")),
  },
  completions: {
    summary: "print a completion script for a shell",
    load: () => importLate(import.meta.resolve("./commands/completions.ts")),
  },
  version: { summary: "print the version", load: () => importLate(import.meta.resolve("./commands/version.ts")) },
  help: {
    summary: "show this list or the help of a command",
    load: () => importLate(import.meta.resolve("./commands/help.ts")),
  },
};

/** claustrum with its commands. */
export const PROGRAM: Program = { commands: COMMANDS };

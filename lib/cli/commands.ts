/**
 * Lists the commands of claustrum. A command is loaded when it is called.
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
  session: { summary: "manage sessions of agents", load: () => import("./commands/session/group.ts") },
  project: {
    summary: "manage the directories in which agents work",
    load: () => import("./commands/project/group.ts"),
  },
  usage: { summary: "show what conversations have used", load: () => import("./commands/usage.ts") },
  serve: { summary: "start the daemon", load: () => import("./commands/serve.ts") },
  status: { summary: "show whether the daemon is running", load: () => import("./commands/status.ts") },
  stop: {
    summary: "stop a session, or the daemon and its processes",
    isDestructive: true,
    load: () => import("./commands/session/stop_either.ts"),
  },
  bridge: {
    summary: "connect stdin and stdout to the daemon, for clients over SSH",
    load: () => import("./commands/bridge.ts"),
  },
  run: { summary: "run a command in the daemon as if it ran here", load: () => import("./commands/run.ts") },
  ps: { summary: "list processes", load: () => import("./commands/ps.ts") },
  top: { summary: "show the processes that use most, live", load: () => import("./commands/top.ts") },
  attach: {
    summary: "open a session, or show the output of a process and follow it",
    load: () => import("./commands/session/attach_either.ts"),
  },
  logs: { summary: "print the buffered output of a process", load: () => import("./commands/logs.ts") },
  kill: {
    summary: "kill a session, end a process or send it a signal",
    isDestructive: true,
    load: () => import("./commands/session/kill_either.ts"),
  },
  restart: {
    summary: "end processes and start them again",
    isDestructive: true,
    load: () => import("./commands/restart.ts"),
  },
  wait: { summary: "wait until processes have ended", load: () => import("./commands/wait.ts") },
  exec: {
    summary: "run a command in the directory and environment of a process",
    load: () => import("./commands/exec.ts"),
  },
  inspect: { summary: "show all about a process", load: () => import("./commands/inspect.ts") },
  rename: { summary: "give a process another id", load: () => import("./commands/rename.ts") },
  rm: {
    summary: "forget processes that have ended",
    isDestructive: true,
    load: () => import("./commands/rm.ts"),
  },
  prune: {
    summary: "forget all processes that have ended",
    isDestructive: true,
    load: () => import("./commands/prune.ts"),
  },
  call: { summary: "call a method of the daemon", load: () => import("./commands/call.ts") },
  remote: { summary: "manage the agent CLI's own remote control", load: () => import("./commands/remote/group.ts") },
  host: { summary: "show the sessions of other machines, over ssh", load: () => import("./commands/host/group.ts") },
  hub: { summary: "start, stop and show the hub of agent sessions", load: () => import("./commands/hub.ts") },
  mcp: { summary: "offer sessions to agents as tools, over MCP", load: () => import("./commands/mcp.ts") },
  install: {
    summary: "ensure that a version of the agent CLI is installed",
    load: () => import("./commands/install.ts"),
  },
  service: {
    summary: "print or install a service for systemd, launchd or Windows",
    load: () => import("./commands/service.ts"),
  },
  doctor: { summary: "check the environment of the daemon", load: () => import("./commands/doctor.ts") },
  completions: { summary: "print a completion script for a shell", load: () => import("./commands/completions.ts") },
  version: { summary: "print the version", load: () => import("./commands/version.ts") },
  help: { summary: "show this list or the help of a command", load: () => import("./commands/help.ts") },
};

/** claustrum with its commands. */
export const PROGRAM: Program = { commands: COMMANDS };

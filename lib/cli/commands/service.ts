import { serviceUnit } from "../../daemon/launch/service_unit.ts";
import { ownProgram } from "../../daemon/launch/own_program.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { printOrWriteUnit, serviceHome, serviceKind, serviceUser } from "../service_file.ts";
import { HUB_SERVICE_FLAGS, printHubService } from "../hub_service.ts";
import { UsageError } from "../usage_error.ts";

export default defineCommand({
  usage: "service systemd|launchd|windows [--hub] [--write] [--socket PATH] [--keep-children] " +
    "[--listen ADDRESS:PORT | --no-web] [--state-dir DIR] [--config FILE] [--daemon-socket PATH] [--name NAME]",
  about: `Prints a service definition with which systemd, launchd or the Task Scheduler of Windows
keeps the daemon running for this user, or the hub with --hub. With --write it is installed
instead. A restart of the hub's service leaves the agents running: they are the daemon's.`,
  flags: {
    ...SOCKET_FLAG,
    "keep-children": { kind: "boolean", help: "leave processes running when the service stops or restarts" },
    "hub": { kind: "boolean", help: "the service of the hub, not of the daemon" },
    "write": { kind: "boolean", help: "install the service for this user and print how to start it" },
    ...HUB_SERVICE_FLAGS,
  },
  exitCodes: "0 success, 1 not written, or the configuration is wrong, 2 wrong arguments",
  examples: ["claustrum service systemd", "claustrum service systemd --hub --write"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name] }, program) {
    const { socket, "keep-children": keepsChildren, hub, write, ...request } = flags;
    const kind = serviceKind(name);
    if (hub) {
      if (socket !== undefined) throw new UsageError("--socket is for the daemon: with --hub say --daemon-socket");
      if (keepsChildren) throw new UsageError("--keep-children is for the daemon: the hub runs no processes");
      await printHubService(kind, request, write, program);
      return 0;
    }
    const foreign = Object.entries(request).find(([, value]) => value !== undefined && value !== false)?.[0];
    if (foreign !== undefined) throw new UsageError(`--${foreign} is for the hub: add --hub`);
    const unit = serviceUnit(kind, {
      command: [...ownProgram(), "serve", "--foreground"],
      socket: socket ?? defaultSocket(),
      keepsChildren,
      home: serviceHome(),
      user: serviceUser(),
    });
    await printOrWriteUnit(unit, write);
    return 0;
  },
});

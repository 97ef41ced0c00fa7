import { serviceUnit } from "../../daemon/launch/service_unit.ts";
import { ownProgram } from "../../daemon/launch/own_program.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { printOrWriteUnit, serviceKind } from "../service_file.ts";

export default defineCommand({
  usage: "service systemd|launchd [--socket PATH] [--write]",
  about: `Prints a service definition with which systemd or launchd keeps the daemon running
for this user. With --write it is installed instead.`,
  flags: {
    ...SOCKET_FLAG,
    "keep-children": { kind: "boolean", help: "leave processes running when the service stops or restarts" },
    "write": { kind: "boolean", help: "install the service for this user and print how to start it" },
  },
  exitCodes: "0 success, 1 not written, 2 wrong arguments",
  examples: ["claustrum service systemd", "claustrum service systemd --write --keep-children"],
  arity: { least: 1, most: 1 },
  async run({ flags, args: [name] }) {
    const kind = serviceKind(name);
    const socket = flags.socket ?? defaultSocket();
    const home = Deno.env.get("HOME") ?? "";
    const keepsChildren = flags["keep-children"];
    const unit = serviceUnit(kind, {
      command: [...ownProgram(), "serve", "--foreground"],
      socket,
      keepsChildren,
      home,
    });
    await printOrWriteUnit(unit, flags.write);
    return 0;
  },
});

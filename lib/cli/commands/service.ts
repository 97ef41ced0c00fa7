import { type ServiceKind, type ServiceUnit, serviceUnit } from "../../daemon/launch/service_unit.ts";
import { ownProgram } from "../../daemon/launch/own_program.ts";
import { errnoCode, errnoText } from "../../system/errno.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { defaultSocket } from "../../system/paths.ts";
import { writePrivateFile } from "../../system/private_files.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { UsageError } from "../usage_error.ts";
import { print, printError } from "../print.ts";

const KINDS: readonly ServiceKind[] = ["systemd", "launchd"];

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
    const kind = KINDS.find((kind) => kind === name);
    if (kind === undefined) throw new UsageError(`unknown service manager "${name}": choose systemd or launchd`);
    const socket = flags.socket ?? defaultSocket();
    const home = Deno.env.get("HOME") ?? "";
    const keepsChildren = flags["keep-children"];
    const unit = serviceUnit(kind, {
      command: [...ownProgram(), "serve", "--foreground"],
      socket,
      keepsChildren,
      home,
    });
    if (!flags.write) {
      print(unit.text.trimEnd());
      printError(unit.advice);
      return 0;
    }
    if (home === "") throw new ClaustrumError("cannot resolve home directory: $HOME is not defined");
    await writeUnit(unit);
    print(`wrote ${unit.path}\n${unit.advice}`);
    return 0;
  },
});

async function writeUnit({ path, text }: ServiceUnit): Promise<void> {
  try {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await writePrivateFile(path, text);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new ClaustrumError(`cannot write ${path}: ${errnoText(error)}: omit --write to print the service`, {
      cause: error,
    });
  }
}

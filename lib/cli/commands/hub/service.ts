import { defineCommand } from "../../command.ts";
import { HUB_SERVICE_FLAGS, printHubService } from "../../hub_service.ts";
import { serviceKind } from "../../service_file.ts";

export default defineCommand({
  usage: "hub service systemd|launchd|windows [--write] [--listen ADDRESS:PORT | --no-web] [--state-dir DIR] " +
    "[--config FILE] [--daemon-socket PATH] [--name NAME]",
  about: `The same as claustrum service with --hub: prints a service definition with which
systemd, launchd or the Task Scheduler of Windows keeps the hub running for this user, with
only the permissions that it needs. With --write it is installed instead.`,
  flags: { ...HUB_SERVICE_FLAGS, write: { kind: "boolean", help: "install the service and print how to start it" } },
  exitCodes: "0 success, 1 not written, or the configuration is wrong, 2 wrong arguments",
  examples: ["claustrum hub service systemd", "claustrum hub service systemd --write"],
  arity: { least: 1, most: 1 },
  async run({ flags: { write, ...request }, args: [name] }, program) {
    await printHubService(serviceKind(name), request, write, program);
    return 0;
  },
});

import { defineCommand } from "../../command.ts";
import { HUB_START_FLAGS, resolveRequest } from "../../hub_request.ts";
import { print, printMessage } from "../../print.ts";

export default defineCommand({
  usage: "hub config [--config FILE] [--example]",
  about: `Prints the configuration that is in effect, with where each value comes from.
Secrets are not shown.`,
  flags: {
    config: HUB_START_FLAGS.config,
    example: { kind: "boolean", help: "print a file with every key as a comment" },
  },
  exitCodes: "0 printed, 1 the configuration is wrong, 2 wrong arguments",
  examples: ["claustrum hub config", "claustrum hub config --example > ~/.config/claustrum/hub.toml"],
  async run({ flags: { config, example } }) {
    const { describeConfig, exampleConfig } = await import("../../../hub/config_text.ts");
    if (example) {
      print(exampleConfig());
      return 0;
    }
    const resolved = await resolveRequest({ config });
    for (const warning of resolved.warnings) printMessage(warning);
    print(describeConfig(resolved));
    return 0;
  },
});

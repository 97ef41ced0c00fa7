/**
 * Says how to get an agent CLI where there is none.
 *
 * @module
 */

import type { HubConfig } from "../hub/hub_config.ts";
import { lookUpCommand } from "../process/command_lookup.ts";
import { SpawnError } from "../process/spawn_error.ts";

/**
 * Returns a sentence if the agent CLI of a configuration cannot be found.
 *
 * @param path The PATH to search.
 */
export function missingAgentHint({ agent }: Pick<HubConfig, "agent">, path: string): string | undefined {
  try {
    lookUpCommand(agent.binary, { path: [path, ...agent.pathAppend].join(":"), cwd: "/" });
    return undefined;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return `there is no agent CLI yet (${agent.binary}): npm install -g @anthropic-ai/claude-code, or claustrum install ` +
      "and agent.binary in hub.toml; everything else works";
  }
}

/**
 * Drives sessions of a real hub with the real agent CLI.
 *
 * @module
 */

import { type HubWorld, startHubWorld } from "./hub_world.ts";
import { KILL_STEPS } from "./kill_steps.ts";
import { MCP_STEPS } from "./mcp_steps.ts";
import { TALK_STEPS } from "./talk_steps.ts";
import { TERMINAL_STEPS } from "./terminal_steps.ts";

/** A step: what it shows, and how. It throws if that is not so. */
export type Step = readonly [name: string, show: (world: HubWorld) => Promise<void>];

/** Runs the steps that are wanted; returns those that fail. */
export async function driveSessions(program: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const steps = [...TALK_STEPS, ...MCP_STEPS, ...TERMINAL_STEPS, ...KILL_STEPS].filter(([name]) => isWanted(name));
  if (steps.length === 0) return [];
  await using world = await startHubWorld(program);
  return await runSteps("sessions", steps.map(([name, show]) => [name, () => show(world)]));
}

/** Runs steps one after the other and reports each; returns those that fail. */
export async function runSteps(
  what: string,
  steps: readonly (readonly [name: string, show: () => Promise<void>])[],
): Promise<string[]> {
  const failed: string[] = [];
  for (const [name, show] of steps) {
    const start = performance.now();
    try {
      await show();
      console.log(`${what}: ${name} (${Math.round(performance.now() - start)} ms)`);
    } catch (error) {
      failed.push(name);
      console.error(`${what}: FAILED: ${name}\n`, error);
    }
  }
  return failed;
}

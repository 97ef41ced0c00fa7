/**
 * The slash commands that an agent knows, as it tells them when it starts.
 *
 * @module
 */

import type { AgentCommand } from "./types.ts";

/** The most commands that are kept. */
const MAX_COMMANDS = 500;

/** What is read of a command. */
interface RawCommand {
  readonly name?: unknown;
  readonly description?: unknown;
  readonly argumentHint?: unknown;
}

/** Reads the commands of the reply to `initialize`; `undefined` if it has none. */
export function readCommands(reply: Readonly<Record<string, unknown>> | undefined): AgentCommand[] | undefined {
  const raw = reply?.["commands"];
  if (!Array.isArray(raw)) return undefined;
  return raw.slice(0, MAX_COMMANDS).flatMap((command: RawCommand | null) => {
    if (typeof command?.name !== "string") return [];
    const { name, description, argumentHint } = command;
    return [{
      name,
      ...(typeof description === "string" ? { description } : {}),
      ...(typeof argumentHint === "string" && argumentHint !== "" ? { argument_hint: argumentHint } : {}),
    }];
  });
}

/** Reads the names of the commands in the event with which a turn starts. */
export function readCommandNames(payload: unknown): AgentCommand[] {
  const names = (payload as { readonly slash_commands?: unknown } | null)?.slash_commands;
  if (!Array.isArray(names)) return [];
  return names.slice(0, MAX_COMMANDS).filter((name) => typeof name === "string").map((name) => ({ name }));
}

/**
 * The hook that gives a new conversation a recap of the last one: in the settings of the agent CLI, where it is ours by the
 * name of its file.
 *
 * @module
 */

import { changeHomeFile } from "../claude_home/home_file.ts";
import { NoObjectError, setInJson } from "../claude_home/json_edit.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { isJsonObject, type JsonObject } from "../system/json_object.ts";
import { writePrivateFile } from "../system/private_files.ts";
import { shellQuote } from "../system/quote.ts";
import type { RemoteSettings } from "./settings.ts";

/** The name of the file that the hook runs. */
const FILE_NAME = "claustrum-recap";
const SETTINGS = ".claude/settings.json";
const EVENT = "SessionStart";
/** How long the CLI waits for it, in seconds. */
const TIMEOUT_SECONDS = 10;

/**
 * Adds the hook to the settings, or removes it, as it is configured. Hooks of others stay as they are, and so does a file
 * that cannot be read.
 *
 * @throws {ClaustrumError} If the settings cannot be read or written.
 */
export async function applyRecapHook(
  { home, directory, recapCommand, recapMaxChars }: Pick<
    RemoteSettings,
    "home" | "directory" | "recapCommand" | "recapMaxChars"
  >,
): Promise<void> {
  // Nobody knows where the settings are.
  if (home === "") return;
  const path = `${directory}/${FILE_NAME}`;
  if (recapCommand !== undefined) {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    await Deno.mkdir(`${home}/.claude`, { recursive: true, mode: 0o700 });
    await writePrivateFile(path, script(recapCommand, recapMaxChars));
    await Deno.chmod(path, 0o700);
  }
  const command = recapCommand === undefined ? undefined : shellQuote(path);
  await changeHomeFile(home, SETTINGS, (text) => withHook(text, command, `${home}/${SETTINGS}`));
}

/** Whatever goes wrong, the session starts without a recap. */
function script(recapCommand: readonly string[], maxChars: number): string {
  const words = [...recapCommand, "--max-chars", String(maxChars)].map(shellQuote).join(" ");
  return `#!/bin/sh\n# Made by claustrum: remote.recap in hub.toml.\n${words} 2>/dev/null || exit 0\n`;
}

/** Returns the settings with the hook, or without it. */
function withHook(text: string | undefined, command: string | undefined, path: string): string | undefined {
  if (text === undefined && command === undefined) return undefined;
  const settings = parse(text ?? "{}", path);
  const former = isJsonObject(settings["hooks"]) ? settings["hooks"][EVENT] : undefined;
  if (former !== undefined && !Array.isArray(former)) throw unexpected(path, `"hooks.${EVENT}" is no list`);
  const others = (former ?? []).flatMap(withoutOurs);
  const ours = { hooks: [{ type: "command", command, timeout: TIMEOUT_SECONDS }] };
  const wanted = command === undefined ? others : [...others, ours];
  if (JSON.stringify(wanted) === JSON.stringify(former ?? [])) return text;
  try {
    return setInJson(text ?? "{}", ["hooks", EVENT], wanted);
  } catch (error) {
    if (!(error instanceof NoObjectError)) throw error;
    throw unexpected(path, error.message);
  }
}

/** A group of hooks without ours; nothing if it has no others. */
function withoutOurs(group: unknown): unknown[] {
  if (!isJsonObject(group) || !Array.isArray(group["hooks"])) return [group];
  const others = group["hooks"].filter((hook) => !isOurs(hook));
  if (others.length === group["hooks"].length) return [group];
  return others.length === 0 ? [] : [{ ...group, hooks: others }];
}

function isOurs(hook: unknown): boolean {
  if (!isJsonObject(hook) || typeof hook["command"] !== "string") return false;
  return new RegExp(`(?:^|/)${FILE_NAME}['"]?\\s*$`).test(hook["command"]);
}

function parse(text: string, path: string): JsonObject {
  try {
    const json: unknown = JSON.parse(text);
    if (isJsonObject(json)) return json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unexpected(path, "it is no JSON object");
}

function unexpected(path: string, reason: string): ClaustrumError {
  return new ClaustrumError(`${path} is not as expected: ${reason}; it was left as it is, and there are no recaps`);
}

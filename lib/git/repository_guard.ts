/**
 * Settings that keep git from running what the configuration of a repository names: filters, hooks, the ssh command,
 * credential helpers. What the user has configured for all repositories keeps its effect, except for hooks.
 *
 * @module
 */

import { decodeUtf8 } from "../system/utf8.ts";
import type { GitSetting } from "./safe_git.ts";

/** An entry of the configuration in force. */
export interface ConfigEntry {
  /** Where it comes from, as `git config --show-scope` names it. */
  readonly scope: string;
  /** The key; git has put its first and last part into lower case. */
  readonly key: string;
  /** The value; `""` for a key without one. */
  readonly value: string;
}

/** The scopes of the repository's own configuration. */
const OWN_SCOPES = new Set(["local", "worktree"]);

/** Settings that hold whatever the configuration says. */
export const GUARD_CONFIG: readonly string[] = [
  ["core.fsmonitor", "false"],
  ["core.hooksPath", "/dev/null"],
  ["core.pager", "cat"],
  ["submodule.recurse", "false"],
  // The file of grafts is always named, and an empty one is no news.
  ["advice.graftFileDeprecated", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
].flatMap(([key, value]) => ["-c", `${key}=${value}`]);

/** What a program of the repository is replaced with, if the user has not configured one: the key, and the value. */
const REPLACED: readonly (readonly [key: RegExp, value: string])[] = [
  [/^core\.sshcommand$/, "ssh"],
  [/^core\.alternaterefscommand$/, "true"],
  [/^core\.gitproxy$/, ""],
  [/^remote\..*\.vcs$/s, ""],
  [/^filter\..*\.(?:clean|smudge|process)$/s, ""],
  [/^filter\..*\.required$/s, "false"],
];
const FILTER = /^(filter\..*)\.(?:clean|smudge|process|required)$/s;
/** Matches what would make the filter `lfs`, which the user has configured, run a program. */
const LFS_PROGRAM = /^lfs\.(?:.*\.)?(?:clean|smudge|path|standalonetransferagent)$/s;
/** The filter of git-lfs. */
export const LFS_FILTER = "filter.lfs";
const HOOK = /^hook\.(.+)\.[^.]+$/s;
const UPLOAD_PACK = /^remote\..*\.uploadpack$/s;
const CREDENTIAL_HELPER = /^credential\.(?:.*\.)?helper$/s;

/** Parses what git prints for `config -z --list --show-scope`. */
export function parseConfigList(output: Uint8Array): ConfigEntry[] {
  const fields = decodeUtf8(output).split("\0");
  const entries: ConfigEntry[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) entries.push({ scope: fields[i]!, ...parseSetting(fields[i + 1]!) });
  return entries;
}

/** Parses a key, a newline, and a value. */
export function parseSetting(text: string): Pick<ConfigEntry, "key" | "value"> {
  const newline = text.indexOf("\n");
  return newline < 0 ? { key: text, value: "" } : { key: text.slice(0, newline), value: text.slice(newline + 1) };
}

/** Returns the last value of a key; `undefined` if it has none. */
export function configValue(entries: readonly ConfigEntry[], key: string): string | undefined {
  return entries.findLast((entry) => entry.key === key)?.value;
}

/** Returns the settings that disable what the repository's own configuration would run. */
export function guardSettings(entries: readonly ConfigEntry[]): GitSetting[] {
  const own = entries.filter(isOwn);
  const users = entries.filter((entry) => !isOwn(entry));
  const replaced = new Map<string, string>();
  for (const { key } of own) {
    const fallback = REPLACED.find(([pattern]) => pattern.test(key))?.[1];
    if (fallback === undefined) continue;
    const value = configValue(users, key) ?? fallback;
    replaced.set(key, value);
    const filter = FILTER.exec(key)?.[1];
    // A required filter without a command would fail.
    if (filter !== undefined && value === "") replaced.set(`${filter}.required`, "false");
  }
  const lfs = own.some(({ key }) => runsByLfs(key)) ? filterOff(LFS_FILTER) : [];
  return [...replaced, ...lfs, ...hookSettings(entries), ...credentialSettings(own, users)];
}

/**
 * Returns what a repository may fetch by. The program that serves a repository on this machine, or over ssh, cannot be
 * replaced, because git takes the first one that is configured: with one of the repository's own, such fetches are off.
 */
export function allowedProtocols(entries: readonly ConfigEntry[], protocols: string): string {
  const isForeign = (entry: ConfigEntry) =>
    isOwn(entry) && UPLOAD_PACK.test(entry.key) && entry.value !== "git-upload-pack";
  if (!entries.some(isForeign)) return protocols;
  return protocols.split(":").filter((protocol) => protocol !== "file" && protocol !== "ssh").join(":");
}

/** Whether a key of the repository's own configuration would make git-lfs run a program. */
export function runsByLfs(key: string): boolean {
  return LFS_PROGRAM.test(key);
}

/** Returns the settings that disable a filter, which is named like `filter.lfs`. */
export function filterOff(name: string): GitSetting[] {
  return [[`${name}.clean`, ""], [`${name}.smudge`, ""], [`${name}.process`, ""], [`${name}.required`, "false"]];
}

/** Returns the settings that disable all filters, also those of the user. */
export function withoutFilters(entries: readonly ConfigEntry[]): GitSetting[] {
  const names = new Set(entries.flatMap(({ key }) => FILTER.exec(key)?.[1] ?? []));
  return [...names].flatMap(filterOff);
}

/** Whether an entry, whose scope git has told, is of the repository's own configuration. */
export function isOwn({ scope }: Pick<ConfigEntry, "scope">): boolean {
  return OWN_SCOPES.has(scope);
}

/** Hooks that the configuration defines are off, whoever has configured them. */
function hookSettings(entries: readonly ConfigEntry[]): GitSetting[] {
  const names = new Set(entries.flatMap(({ key }) => HOOK.exec(key)?.[1] ?? []));
  return [...names].map((name) => [`hook.${name}.enabled`, "false"] as const);
}

/** Helpers add up, and an empty one clears the list: then those of the user are named again. */
function credentialSettings(own: readonly ConfigEntry[], users: readonly ConfigEntry[]): GitSetting[] {
  if (!own.some(({ key }) => CREDENTIAL_HELPER.test(key))) return [];
  const helpers = users.filter(({ key }) => CREDENTIAL_HELPER.test(key));
  return [["credential.helper", ""], ...helpers.map(({ key, value }) => [key, value] as const)];
}

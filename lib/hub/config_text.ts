/**
 * The configuration as text: what is in effect, and an example.
 *
 * @module
 */

import type { ResolvedConfig } from "./config.ts";
import { type ConfigEntry, sourceText } from "./config_entry.ts";
import { CONFIG_KEYS, isTable, type KeySpec, variableOf } from "./config_schema.ts";
import type { ShownConfig } from "./operation_types.ts";
import { keyText } from "./toml_lines.ts";

/** Shown instead of a secret. */
const MASK = "***";

/** Describes the configuration that is in effect, one key in a line, with where each value comes from. */
export function describeConfig({ entries, file }: ResolvedConfig): string {
  const lines = entries.map((entry) => [entryText(entry), sourceText(entry.source)] as const);
  const width = Math.min(60, Math.max(...lines.map(([text]) => text.length)));
  return [
    ...(file === undefined ? [] : [`# ${file}`]),
    ...lines.map(([text, source]) => `${text.padEnd(width)}  # ${source}`),
  ].join("\n");
}

/** Returns the configuration that is in effect as clients get it. */
export function shownConfig({ entries, file }: ResolvedConfig): ShownConfig {
  const values = entries.map(({ key, value, isSecret, source }) => ({
    key,
    ...(value === undefined ? {} : { value: isSecret ? masked(value) : value }),
    source: sourceText(source),
  }));
  return { ...(file === undefined ? {} : { file }), values };
}

/** Returns a configuration file in which every key is a comment with its default. */
export function exampleConfig(): string {
  const parts = Object.entries<KeySpec>(CONFIG_KEYS).map(([key, { help, fallback, choices }]) => {
    const values = choices === undefined ? "" : ` (${choices.join(", ")})`;
    return `# ${help}${values}\n#${key} = ${fallback === undefined ? "" : tomlText(fallback)}`.trimEnd();
  });
  const head = "# The configuration of claustrum's hub: ~/.config/claustrum/hub.toml.\n" +
    `# A variable overrides a key: ${variableOf("sessions.policy")} the key sessions.policy.\n` +
    `# ${variableOf("sessions.policy")}_FILE names a file that contains the value.`;
  const project = "# whether agents in a project may run without permissions: by the name of a directory below\n" +
    '# projects.root, or by a path\n#[projects."/home/me/trial"]\n#allow_bypass_permissions = true';
  return [head, ...parts, project].join("\n\n");
}

function entryText({ key, value, isSecret }: ConfigEntry): string {
  if (value === undefined) return `#${key} =`;
  return `${key} = ${tomlText(isSecret ? masked(value) : value)}`;
}

/** Names stay visible in tables of secrets. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (!isTable(value)) return MASK;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each)]));
}

/** Returns a value as it is written in TOML: a text, a number, true or false, a list, or a table in one line. */
export function tomlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlText).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
  if (!isTable(value)) return String(value);
  const members = Object.entries(value).map(([name, each]) => `${keyText([name])} = ${tomlText(each)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

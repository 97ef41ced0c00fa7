/**
 * The configuration of the hub: `hub.toml`, variables of the environment, and options of the command line.
 *
 * @module
 */

import { errnoCode, errnoText, isMissing } from "../system/errno.ts";
import { importLate } from "../system/import_late.ts";
import { readUpTo } from "../system/io.ts";
import { daemonPaths, defaultSocket } from "../system/paths.ts";
import { NotRegularError, openRegularFile } from "../system/regular_file.ts";
import type { ReadDocument } from "./config_document.ts";
import { checkValue, type ConfigEntry, ConfigError } from "./config_entry.ts";
import { CONFIG_KEYS, type ConfigKey, isScalar, type KeySpec, readScalar, variableOf } from "./config_schema.ts";
import { type HubConfig, toHubConfig } from "./hub_config.ts";

export { ConfigError } from "./config_entry.ts";
export type { HubConfig } from "./hub_config.ts";

/** What no file says. */
const NOTHING: ReadDocument = { entries: new Map(), projects: new Map(), warnings: [] };

/** The most bytes of a configuration that are read; no real one is larger. */
const MAX_BYTES = 1 << 20;

/** The configuration with all that is known about it. */
export interface ResolvedConfig {
  /** The configuration. */
  readonly config: HubConfig;
  /** The values of all keys. */
  readonly entries: readonly ConfigEntry[];
  /** A sentence for each part of the configuration that is ignored. */
  readonly warnings: readonly string[];
  /** The path of the configuration file, whether it exists or not; `undefined` if the home directory is unknown. */
  readonly file: string | undefined;
}

/** What determines the configuration. */
export interface ConfigPlace {
  /** The file that `--config` names. */
  readonly file?: string | undefined;
  /** The values of options of the command line, by key. */
  readonly options?: Partial<Record<ConfigKey, string | undefined>>;
  /** The environment variables. @default {those of this program} */
  readonly env?: { get(name: string): string | undefined };
}

/**
 * Reads the configuration.
 *
 * @throws {ConfigError} If a value has a wrong type, the file is not TOML, or a file that is named cannot be read.
 */
export async function resolveHubConfig({ file, options = {}, env = Deno.env }: ConfigPlace = {}): Promise<
  ResolvedConfig
> {
  const named = file ?? env.get("CLAUSTRUM_HUB_CONFIG");
  const path = named ?? defaultFile(env);
  const text = path === undefined ? undefined : await readConfigText(path, { isNamed: named !== undefined });
  const read = text === undefined ? NOTHING : await readFileText(text, path!);
  const entries: ConfigEntry[] = [];
  for (const [key, spec] of Object.entries<KeySpec>(CONFIG_KEYS)) {
    entries.push(
      optionEntry(key, spec, options) ?? await variableEntry(key, spec, env) ?? read.entries.get(key) ??
        defaultEntry(key, spec),
    );
  }
  const projects = [...read.projects.values()].flat();
  return {
    config: toHubConfig(entries, projects),
    entries: [...entries, ...projects],
    warnings: read.warnings,
    file: path,
  };
}

/**
 * Reads a configuration that is no file yet, without variables of the environment.
 *
 * @param text TOML.
 * @param name What messages call it.
 * @throws {ConfigError} If it is not TOML, or a value in it is wrong.
 */
export async function parseHubConfig(
  text: string,
  name: string,
): Promise<{ readonly config: HubConfig; readonly warnings: readonly string[] }> {
  const { entries, projects, warnings } = await readFileText(text, name);
  const all = Object.entries<KeySpec>(CONFIG_KEYS).map(([key, spec]) => entries.get(key) ?? defaultEntry(key, spec));
  return { config: toHubConfig(all, [...projects.values()].flat()), warnings };
}

function defaultEntry(key: string, { fallback }: KeySpec): ConfigEntry {
  return { key, value: fallback, isSecret: false, source: { kind: "default" } };
}

/** Loads what reads TOML only where there is a file: a hub without one starts sooner. */
async function readFileText(text: string, path: string): Promise<ReadDocument> {
  const { readDocument } = await importLate<typeof import("./config_document.ts")>(
    import.meta.resolve("./config_document.ts"),
  );
  return readDocument(text, path);
}

/** Returns the socket of the daemon that a hub uses, absolute. */
export function daemonSocketOf({ daemonSocket }: HubConfig): string {
  return daemonPaths(daemonSocket ?? defaultSocket()).socket;
}

function defaultFile(env: { get(name: string): string | undefined }): string | undefined {
  const home = env.get("HOME");
  const base = env.get("XDG_CONFIG_HOME") || (home ? `${home}/.config` : undefined);
  return base === undefined ? undefined : `${base}/claustrum/hub.toml`;
}

/**
 * Reads a file of the configuration.
 *
 * @param isNamed Whether somebody has named it; only the default one may be missing.
 * @param variable The variable that names it.
 */
async function readConfigText(
  path: string,
  { isNamed, variable }: { readonly isNamed: boolean; readonly variable?: string },
): Promise<string | undefined> {
  const start = variable === undefined ? "" : `${variable}: `;
  try {
    await using file = await openRegularFile(path, { followsLinks: true });
    if (file.size > MAX_BYTES) throw new ConfigError(`${start}${path} is too large: ${file.size} bytes`);
    return new TextDecoder().decode(await readUpTo(file, MAX_BYTES));
  } catch (error) {
    const isAbsent = isMissing(error);
    if (isAbsent && !isNamed) return undefined;
    if (error instanceof NotRegularError) throw new ConfigError(`${start}cannot read ${path}: ${error.message}`);
    if (errnoCode(error) === undefined) throw error;
    throw new ConfigError(`${start}cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}

function optionEntry(
  key: string,
  spec: KeySpec,
  options: Partial<Record<string, string | undefined>>,
): ConfigEntry | undefined {
  const value = options[key];
  if (value === undefined) return undefined;
  checkValue(key, value, spec, () => "");
  return { key, value, isSecret: false, source: { kind: "option", name: key } };
}

/** Reads the variable that overrides a key, or the file that such a variable names. */
async function variableEntry(
  key: string,
  spec: KeySpec,
  env: { get(name: string): string | undefined },
): Promise<ConfigEntry | undefined> {
  if (!isScalar(spec)) return undefined;
  const name = variableOf(key);
  const [text, file] = [env.get(name), env.get(`${name}_FILE`)];
  if (text === undefined && file === undefined) return undefined;
  if (text !== undefined && file !== undefined) throw new ConfigError(`set only one of ${name} and ${name}_FILE`);
  const content = text ??
    (await readConfigText(file!, { isNamed: true, variable: `${name}_FILE` }))!.replace(/\r?\n$/, "");
  // What cannot be read as the type is checked as the text that it is, which names it in the message.
  const value = readScalar(content, spec) ?? content;
  checkValue(key, value, spec, () => `${file === undefined ? name : `${name}_FILE`}: `);
  const source = { kind: "variable", name, ...(file === undefined ? {} : { file }) } as const;
  return { key, value, isSecret: spec.isSecret ?? false, source };
}

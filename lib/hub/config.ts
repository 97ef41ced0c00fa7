/**
 * The configuration of the hub: `hub.toml`, variables of the environment, and options of the command line.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { parse } from "@std/toml/parse";
import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { readUpTo } from "../system/io.ts";
import type { LogLevel } from "../system/log.ts";
import { daemonPaths, defaultSocket } from "../system/paths.ts";
import { NotRegularError, openRegularFile } from "../system/regular_file.ts";
import type { PermissionPolicy } from "../sessions/types.ts";
import {
  CONFIG_KEYS,
  type ConfigKey,
  type ConfigValues,
  describeKind,
  isOfKind,
  isScalar,
  isTable,
  type KeySpec,
  PROJECT_KEYS,
  readScalar,
  variableOf,
} from "./config_schema.ts";
import { keyText, lineOfKey } from "./toml_lines.ts";

/** The most bytes of a configuration that are read; no real one is larger. */
const MAX_BYTES = 1 << 20;
/** Further apart than a third of its letters, a key is not the one that was meant. */
const MAX_DISTANCE = 1 / 3;

/** The configuration is wrong; the message names the key, its value and where it stands. */
export class ConfigError extends ClaustrumError {}

/** Where a value comes from. */
export type ConfigSource =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly path: string; readonly line: number | undefined }
  | { readonly kind: "variable"; readonly name: string; readonly file?: string }
  | { readonly kind: "option"; readonly name: string };

/** A value, and where it comes from. */
export interface ConfigEntry {
  /** The path of the key. */
  readonly key: string;
  /** The value; `undefined` if there is none. */
  readonly value: unknown;
  /** Whether the value must not be shown. */
  readonly isSecret: boolean;
  /** Where the value comes from. */
  readonly source: ConfigSource;
}

/** The configuration of a hub, as its parts use it. */
export interface HubConfig {
  /** The name of the hub; `undefined` for the host name. */
  readonly name: string | undefined;
  /** How log lines look. */
  readonly logFormat: "text" | "json";
  /** The least severe lines that are logged. */
  readonly logLevel: LogLevel;
  /** The socket of the daemon; `undefined` for the default one. */
  readonly daemonSocket: string | undefined;
  /** How agents are started. */
  readonly agent: {
    readonly binary: string;
    readonly env: Readonly<Record<string, string>>;
    readonly pathAppend: readonly string[];
  };
  /** How sessions behave; limits of 0 are none. */
  readonly sessions: {
    readonly policy: PermissionPolicy;
    readonly askTimeoutSeconds: number;
    readonly tmuxPrefix: string;
    readonly resumeLost: boolean;
    readonly max: number;
    readonly idleStopMinutes: number;
    readonly maxCostUsd: number;
  };
  /** How long events are kept; limits of 0 are none. */
  readonly events: { readonly keepDays: number; readonly keepMb: number };
  /** The projects. */
  readonly projects: {
    /** The directory of the projects; `undefined` if there is none. */
    readonly root: string | undefined;
    /** Whether agents in a directory may run without permissions. */
    allowsBypass(path: string): boolean;
  };
}

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
  const text = path === undefined ? undefined : await readConfigText(path, named !== undefined);
  const read = text === undefined ? NOTHING : readDocument(text, path!);
  const entries: ConfigEntry[] = [];
  for (const [key, spec] of Object.entries<KeySpec>(CONFIG_KEYS)) {
    entries.push(
      optionEntry(key, spec, options) ?? await variableEntry(key, spec, env) ?? read.entries.get(key) ??
        { key, value: spec.fallback, isSecret: false, source: { kind: "default" } },
    );
  }
  const projects = [...read.projects.values()].flat();
  return {
    config: toConfig(entries, projects),
    entries: [...entries, ...projects],
    warnings: read.warnings,
    file: path,
  };
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

async function readConfigText(path: string, isNamed: boolean): Promise<string | undefined> {
  try {
    await using file = await openRegularFile(path, { followsLinks: true });
    if (file.size > MAX_BYTES) throw new ConfigError(`${path} is too large: ${file.size} bytes`);
    return new TextDecoder().decode(await readUpTo(file, MAX_BYTES));
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (isAbsent && !isNamed) return undefined;
    if (error instanceof NotRegularError) throw new ConfigError(`cannot read ${path}: ${error.message}`);
    if (errnoCode(error) === undefined) throw error;
    throw new ConfigError(`cannot read ${path}: ${errnoText(error)}`, { cause: error });
  }
}

/** What a file says. */
interface ReadDocument {
  readonly entries: ReadonlyMap<string, ConfigEntry>;
  /** The entries of each project, by its name or its path. */
  readonly projects: ReadonlyMap<string, readonly ConfigEntry[]>;
  readonly warnings: readonly string[];
}

const NOTHING: ReadDocument = { entries: new Map(), projects: new Map(), warnings: [] };

function readDocument(text: string, path: string): ReadDocument {
  const document = new DocumentReader(text, path);
  document.read(parseToml(text, path), []);
  return document;
}

function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof Error && error.name === "TOMLParseError")) throw error;
    throw new ConfigError(`${path} is not valid TOML: ${error.message.trim().replaceAll(/\s*\n\s*/g, " ")}`);
  }
}

/** Sorts the values of a document into known and unknown ones. */
class DocumentReader implements ReadDocument {
  readonly entries = new Map<string, ConfigEntry>();
  readonly projects = new Map<string, ConfigEntry[]>();
  readonly warnings: string[] = [];
  readonly #text: string;
  readonly #path: string;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
  }

  read(table: Readonly<Record<string, unknown>>, above: readonly string[]): void {
    for (const [name, value] of Object.entries(table)) {
      const parts = [...above, name];
      const key = keyText(parts);
      const spec = specOf(key);
      if (spec !== undefined) this.entries.set(key, this.#entry(parts, value, spec));
      else if (above.length === 1 && above[0] === "projects") this.#readProject(name, value);
      else if (hasKeysBelow(key)) this.read(this.#tableAt(parts, value), parts);
      else this.#warn(parts, Object.keys(CONFIG_KEYS));
    }
  }

  #readProject(project: string, value: unknown): void {
    const entries: ConfigEntry[] = [];
    for (const [name, each] of Object.entries(this.#tableAt(["projects", project], value))) {
      const parts = ["projects", project, name];
      const spec = Object.hasOwn(PROJECT_KEYS, name) ? PROJECT_KEYS[name as keyof typeof PROJECT_KEYS] : undefined;
      if (spec !== undefined) entries.push(this.#entry(parts, each, spec));
      else this.#warn(parts, Object.keys(PROJECT_KEYS).map((key) => keyText(["projects", project, key])));
    }
    this.projects.set(project, entries);
  }

  #entry(parts: readonly string[], value: unknown, spec: KeySpec): ConfigEntry {
    const key = keyText(parts);
    const isSecret = spec.isSecret ?? false;
    if (!isOfKind(value, spec)) throw wrongType(`${this.#at(parts)}: ${key}`, value, spec);
    for (const [name, reason] of Object.entries(spec.refused ?? {})) {
      if (!isTable(value) || !Object.hasOwn(value, name)) continue;
      const inner = [...parts, name];
      throw new ConfigError(`${this.#at(inner)}: ${keyText(inner)} cannot be set: ${reason}`);
    }
    return { key, value, isSecret, source: { kind: "file", path: this.#path, line: lineOfKey(this.#text, parts) } };
  }

  #tableAt(parts: readonly string[], value: unknown): Readonly<Record<string, unknown>> {
    if (isTable(value)) return value;
    throw new ConfigError(`${this.#at(parts)}: ${keyText(parts)} must be a table, not ${JSON.stringify(value)}`);
  }

  #at(parts: readonly string[]): string {
    const line = lineOfKey(this.#text, parts);
    return line === undefined ? this.#path : `${this.#path}:${line}`;
  }

  #warn(parts: readonly string[], known: readonly string[]): void {
    const key = keyText(parts);
    const closest = closestString(key, known) as string;
    const isNear = levenshteinDistance(key, closest) <= Math.ceil(closest.length * MAX_DISTANCE);
    this.warnings.push(`${this.#at(parts)}: ${key} is not a key${isNear ? `: did you mean ${closest}?` : ""}`);
  }
}

function specOf(key: string): KeySpec | undefined {
  return Object.hasOwn(CONFIG_KEYS, key) ? CONFIG_KEYS[key as ConfigKey] : undefined;
}

function hasKeysBelow(key: string): boolean {
  return Object.keys(CONFIG_KEYS).some((each) => each.startsWith(`${key}.`));
}

function wrongType(where: string, value: unknown, spec: KeySpec): ConfigError {
  const shown = spec.isSecret ? "what it is" : JSON.stringify(value) ?? String(value);
  return new ConfigError(`${where} must be ${describeKind(spec)}, not ${shown}`);
}

function optionEntry(
  key: string,
  spec: KeySpec,
  options: Partial<Record<string, string | undefined>>,
): ConfigEntry | undefined {
  const value = options[key];
  if (value === undefined) return undefined;
  if (!isOfKind(value, spec)) throw wrongType(key, value, spec);
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
  const content = text ?? (await readConfigText(file!, true))!.replace(/\r?\n$/, "");
  const value = readScalar(content, spec);
  if (value === undefined) throw wrongType(`${file === undefined ? name : `${name}_FILE`}: ${key}`, content, spec);
  const source = { kind: "variable", name, ...(file === undefined ? {} : { file }) } as const;
  return { key, value, isSecret: spec.isSecret ?? false, source };
}

function toConfig(entries: readonly ConfigEntry[], projects: readonly ConfigEntry[]): HubConfig {
  const values = Object.fromEntries(entries.map(({ key, value }) => [key, value])) as ConfigValues;
  const bypass = new Set(
    projects.filter(({ key, value }) => key.endsWith(".allow_bypass_permissions") && value === true).map(({ key }) =>
      key.slice(0, -".allow_bypass_permissions".length)
    ),
  );
  const root = values["projects.root"]?.replace(/(?<=.)\/+$/, "");
  return {
    name: values["name"],
    logFormat: values["log_format"] as HubConfig["logFormat"],
    logLevel: values["log_level"] as LogLevel,
    daemonSocket: values["daemon.socket"],
    agent: {
      binary: values["agent.binary"]!,
      env: values["agent.env"]!,
      pathAppend: values["agent.path_append"]!,
    },
    sessions: {
      policy: values["sessions.policy"] as PermissionPolicy,
      askTimeoutSeconds: values["sessions.ask_timeout_seconds"]!,
      tmuxPrefix: values["sessions.tmux_prefix"]!,
      resumeLost: values["sessions.resume_lost"]!,
      max: values["sessions.max"]!,
      idleStopMinutes: values["sessions.idle_stop_minutes"]!,
      maxCostUsd: values["sessions.max_cost_usd"]!,
    },
    events: { keepDays: values["events.keep_days"]!, keepMb: values["events.keep_mb"]! },
    projects: { root, allowsBypass: (path) => allowsBypass(path, root, bypass) },
  };
}

/** A project is named by its path, or by its name if it is directly below the root. */
function allowsBypass(path: string, root: string | undefined, bypass: ReadonlySet<string>): boolean {
  if (path.startsWith("/") && bypass.has(keyText(["projects", path]))) return true;
  const slash = path.lastIndexOf("/");
  return root !== undefined && slash > 0 && path.slice(0, slash) === root &&
    bypass.has(keyText(["projects", path.slice(slash + 1)]));
}

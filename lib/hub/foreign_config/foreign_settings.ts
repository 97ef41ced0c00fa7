/**
 * The settings of another program's configuration file: a tree of YAML, whose leaves are sorted into known and unknown
 * ones.
 *
 * @module
 */

import { ConfigError } from "../config_entry.ts";
import { type ConfigKey, isTable } from "../config_schema.ts";
import { keyText } from "../toml_lines.ts";

/** The kinds of a setting's values; `any` is checked where it is used. */
export type SettingKind = "text" | "number" | "flag" | "texts" | "table" | "any";

/** A setting that the other program knows. */
export interface Setting {
  /** The kind of its value. */
  readonly kind: SettingKind;
  /** The key of ours that means the same; absent if there is none, or more than the name differs. */
  readonly to?: ConfigKey;
  /** Why there is no counterpart, in a sentence's part; absent if there is one. */
  readonly why?: string;
  /** The value that needs no word, because it is how things are here anyway. */
  readonly fixed?: string | number | boolean;
}

/** The configuration file of another program. */
export interface ForeignFormat {
  /** The program, and which of its files it is. */
  readonly name: string;
  /** Its settings, by path. */
  readonly settings: Readonly<Record<string, Setting>>;
  /** How the names of the variables begin that override settings; absent if there are none. */
  readonly variablePrefix?: string;
  /** Variables that begin so and are no settings. */
  readonly otherVariables?: readonly string[];
}

/** Variables of the environment, and a way to read the files that some of them name. */
export interface Variables {
  /** Their values. */
  readonly values: Readonly<Record<string, string>>;
  /** Reads a file. */
  readText(path: string): Promise<string>;
}

/** How samples begin that nobody may use. */
const SAMPLE = "change-me";
/** Settings whose values are not shown. */
const SECRET = /secret|password|hash|token|key|url/;
const KIND_NAMES: Readonly<Record<SettingKind, string>> = {
  text: "a text",
  number: "a number",
  flag: "true or false",
  texts: "a list of texts",
  table: "a table",
  any: "a value",
};

/** The settings of a file. */
export class ForeignSettings {
  /** The format of the file. */
  readonly format: ForeignFormat;
  readonly #file: string;
  readonly #values: ReadonlyMap<string, unknown>;

  /**
   * Checks the types of the settings that are known.
   *
   * @param values All values, by path.
   * @param file What messages call the file.
   * @throws {ConfigError} If a value has a wrong type, or is a sample that nobody may use.
   */
  constructor(format: ForeignFormat, values: ReadonlyMap<string, unknown>, file: string) {
    this.format = format;
    this.#values = values;
    this.#file = file;
    for (const [path, value] of values) {
      if (containsSample(value)) {
        throw new ConfigError(`${file}: ${path} still has the value of the sample: choose one of your own first`);
      }
      const setting = Object.hasOwn(format.settings, path) ? format.settings[path] : undefined;
      if (setting !== undefined && value !== null && !isOfKind(value, setting.kind)) throw this.#wrong(path, setting);
    }
  }

  /** Paths that the other program does not know. */
  get unknown(): readonly string[] {
    return [...this.#values.keys()].filter((path) => !Object.hasOwn(this.format.settings, path));
  }

  /** Whether a setting is given and not null. */
  has(path: string): boolean {
    return this.value(path) !== undefined;
  }

  /** Returns a value; `undefined` if it is absent or null. */
  value(path: string): unknown {
    return this.#values.get(path) ?? undefined;
  }

  /** Returns a text; `undefined` if it is absent. */
  text(path: string): string | undefined {
    const value = this.value(path);
    return typeof value === "string" ? value : undefined;
  }

  /** Returns a number; `undefined` if it is absent. */
  number(path: string): number | undefined {
    const value = this.value(path);
    return typeof value === "number" ? value : undefined;
  }

  /** Returns whether a setting is on; `undefined` if it is absent. */
  flag(path: string): boolean | undefined {
    const value = this.value(path);
    return typeof value === "boolean" ? value : undefined;
  }

  /** Returns a list of texts, which is empty if the setting is absent. */
  texts(path: string): readonly string[] {
    const value = this.value(path);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  }

  /** Returns a table, which is empty if the setting is absent. */
  table(path: string): Readonly<Record<string, unknown>> {
    const value = this.value(path);
    return isTable(value) ? value : {};
  }

  /** Describes a setting: its path, and its value unless that may be a secret. */
  describe(path: string): string {
    const value = this.value(path);
    if (isTable(value) || SECRET.test(path)) return path;
    return `${path} = ${JSON.stringify(value)}`;
  }

  #wrong(path: string, { kind }: Setting): ConfigError {
    const shown = SECRET.test(path) ? "which it is not" : `not ${JSON.stringify(this.#values.get(path))}`;
    return new ConfigError(`${this.#file}: ${path} must be ${KIND_NAMES[kind]}, ${shown}`);
  }
}

/**
 * Returns the leaves of a tree by path. A table is a leaf where the format has a setting for all of it.
 *
 * @param tree What the file contains.
 */
export function leavesOf(tree: Readonly<Record<string, unknown>>, { settings }: ForeignFormat): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const walk = (table: Readonly<Record<string, unknown>>, above: readonly string[]) => {
    for (const [name, value] of Object.entries(table)) {
      const parts = [...above, name];
      const path = keyText(parts);
      const isSection = Object.keys(settings).some((each) => each.startsWith(`${path}.`));
      if (Object.hasOwn(settings, path)) leaves.set(path, value);
      else if (isTable(value)) walk(value, parts);
      // A section with nothing in it says nothing.
      else if (!(isSection && value === null)) leaves.set(path, value);
    }
  };
  walk(tree, []);
  return leaves;
}

/**
 * Returns the values that variables of the environment give to settings. The file that `NAME_FILE` names wins over `NAME`.
 *
 * @throws {ConfigError} If a variable cannot be read as its setting's kind, or a file cannot be read.
 */
export async function overridesOf(
  format: ForeignFormat,
  { values, readText }: Variables,
): Promise<{ readonly leaves: ReadonlyMap<string, unknown>; readonly unknown: readonly string[] }> {
  const { settings, variablePrefix, otherVariables = [] } = format;
  const leaves = new Map<string, unknown>();
  if (variablePrefix === undefined) return { leaves, unknown: [] };
  const known = new Set(otherVariables);
  for (const [path, { kind }] of Object.entries(settings)) {
    if (kind === "table") continue; // one variable cannot say which of its members is meant
    const name = variablePrefix + path.replaceAll(".", "_").toUpperCase();
    known.add(name).add(`${name}_FILE`);
    const file = values[`${name}_FILE`];
    const text = file === undefined ? values[name] : (await readText(file)).trimEnd();
    if (text !== undefined) leaves.set(path, fromText(text, kind, name));
  }
  const unknown = Object.keys(values).filter((name) => name.startsWith(variablePrefix) && !known.has(name));
  return { leaves, unknown: unknown.sort() };
}

function fromText(text: string, kind: SettingKind, name: string): unknown {
  if (kind === "texts") return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  const value = kind === "flag"
    ? FLAGS[text.trim().toLowerCase()]
    : kind === "number"
    ? (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined)
    : text;
  if (value === undefined) throw new ConfigError(`${name} must be ${KIND_NAMES[kind]}, not ${JSON.stringify(text)}`);
  return value;
}

const FLAGS: Readonly<Record<string, boolean>> = {
  "true": true,
  "1": true,
  "yes": true,
  "on": true,
  "false": false,
  "0": false,
  "no": false,
  "off": false,
};

function isOfKind(value: unknown, kind: SettingKind): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return Number.isFinite(value) && Number(value) >= 0;
    case "flag":
      return typeof value === "boolean";
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "table":
      return isTable(value);
    case "any":
      return true;
  }
}

function containsSample(value: unknown): boolean {
  if (typeof value === "string") return value.toLowerCase().startsWith(SAMPLE);
  return typeof value === "object" && value !== null && Object.values(value).some(containsSample);
}

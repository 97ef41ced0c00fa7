/**
 * The file of the configuration: TOML, whose values are sorted into known and unknown ones.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import { parse } from "@std/toml/parse";
import { checkValue, type ConfigEntry, ConfigError } from "./config_entry.ts";
import type { ConfigProblem } from "./config_problem.ts";
import { CONFIG_KEYS, type ConfigKey, isTable, type KeySpec, PROJECT_KEYS } from "./config_schema.ts";
import { keyText, lineOfKey } from "./toml_lines.ts";

/** Further apart than a third of its letters, a key is not the one that was meant. */
const MAX_DISTANCE = 1 / 3;

/** What a file says. */
export interface ReadDocument {
  /** The values of the keys that it contains. */
  readonly entries: ReadonlyMap<string, ConfigEntry>;
  /** The entries of each project, by its name or its path. */
  readonly projects: ReadonlyMap<string, readonly ConfigEntry[]>;
  /** A sentence for each part of the file that is ignored. */
  readonly warnings: readonly string[];
}

/**
 * Reads a file.
 *
 * @param text The content of the file.
 * @param path The path of the file, for messages.
 * @throws {ConfigError} If it is not TOML, or a value in it is wrong.
 */
export function readDocument(text: string, path: string): ReadDocument {
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
    const placeOf = ({ index, member }: Pick<ConfigProblem, "index" | "member"> = {}) =>
      `${this.#at(member === undefined ? parts : [...parts, member], index)}: `;
    checkValue(key, value, spec, placeOf);
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

  #at(parts: readonly string[], index?: number): string {
    const line = lineOfKey(this.#text, parts, index);
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

/**
 * What a configuration of another program means in ours: values, and words about what has no counterpart.
 *
 * @module
 */

import { checkValue, ConfigError } from "../config_entry.ts";
import { CONFIG_KEYS, type ConfigKey, type KeySpec, PROJECT_KEYS } from "../config_schema.ts";
import { tomlText } from "../config_text.ts";
import { keyText } from "../toml_lines.ts";

// deno-lint-ignore no-control-regex -- comments of TOML must not contain them
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g;

/** A translation in the making. */
export class Translation {
  readonly #lines: string[] = [];
  readonly #lost: string[] = [];
  readonly #unknown: string[] = [];
  readonly #hints: string[] = [];
  #hasSecrets = false;

  /**
   * Sets a key. A value that the key does not accept is left out, and that is told.
   *
   * @param from Where the value comes from, for the words about it.
   */
  set(key: ConfigKey, value: unknown, from: string): void {
    this.#set(key, value, CONFIG_KEYS[key], from);
  }

  /** Sets a key of a project, as {@linkcode set} does. */
  setProject(project: string, key: keyof typeof PROJECT_KEYS, value: unknown, from: string): void {
    this.#set(keyText(["projects", project, key]), value, PROJECT_KEYS[key], from);
  }

  /** Tells that a setting has no counterpart. */
  lose(setting: string, why: string): void {
    this.#lost.push(`${setting}: ${why}`);
  }

  /** Tells that something is no setting at all. */
  meetUnknown(name: string): void {
    this.#unknown.push(name);
  }

  /** Tells what somebody has to know or to do. */
  hint(text: string): void {
    this.#hints.push(text);
  }

  /** All that is told, one sentence each. */
  get notes(): readonly string[] {
    const secret = "this contains secrets: keep the file for yourself, with chmod 600";
    return [
      ...this.#unknown.map((name) => `${name}: no such setting is known, so that it is left out`),
      ...this.#lost,
      ...this.#hints,
      ...(this.#hasSecrets ? [secret] : []),
    ].map(oneLine);
  }

  /** The values as TOML, one key in a line. */
  get toml(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  #set(key: string, value: unknown, spec: KeySpec, from: string): void {
    try {
      checkValue(key, value, spec, () => "");
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.lose(from, `left out, because ${error.message}`);
      return;
    }
    const refused = Object.keys(spec.refused ?? {}).find((name) => Object.hasOwn(Object(value), name));
    if (refused !== undefined) {
      this.lose(`${from}.${refused}`, `left out: ${spec.refused?.[refused]}`);
      this.#set(key, withoutMember(Object(value), refused), spec, from);
      return;
    }
    if (spec.isSecret) this.#hasSecrets = true;
    this.#lines.push(`${key} = ${tomlText(value)}`);
  }
}

/** Returns a text with the notes as comments, and then the values. */
export function translationText({ notes, toml }: Pick<Translation, "notes" | "toml">, head: string): string {
  const comments = [head, ...notes.map((note) => `- ${note}`)].map((line) => `# ${oneLine(line)}\n`);
  return `${comments.join("")}\n${toml}`;
}

function withoutMember(table: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).filter(([each]) => each !== name));
}

function oneLine(text: string): string {
  return text.replaceAll(CONTROLS, " ");
}

/**
 * A value of the configuration, where it comes from, and its checks.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import type { ConfigProblem } from "./config_problem.ts";
import { describeKind, isOfKind, type KeySpec } from "./config_schema.ts";
import { keyText } from "./toml_lines.ts";

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

/**
 * Checks the type of a value and what the key demands beyond that.
 *
 * @param key The key as it is shown.
 * @param spec What the key demands.
 * @param placeOf Returns how a message begins about the value, or about a part of it: it names the place and ends with
 * `": "`, or is empty.
 * @throws {ConfigError} If the value is wrong.
 */
export function checkValue(
  key: string,
  value: unknown,
  spec: KeySpec,
  placeOf: (part?: Pick<ConfigProblem, "index" | "member">) => string,
): void {
  if (!isOfKind(value, spec)) {
    const shown = spec.isSecret ? "which it is not" : `not ${JSON.stringify(value) ?? String(value)}`;
    throw new ConfigError(`${placeOf()}${key} must be ${describeKind(spec)}, ${shown}`);
  }
  const problem = spec.check?.(value);
  if (problem === undefined) return;
  const { index, member, text } = problem;
  const list = index === undefined ? key : `${key}[${index}]`;
  throw new ConfigError(`${placeOf(problem)}${member === undefined ? list : `${list}.${keyText([member])}`} ${text}`);
}

/** Says where a value comes from. */
export function sourceText(source: ConfigSource): string {
  switch (source.kind) {
    case "default":
      return "default";
    case "file":
      return source.line === undefined ? source.path : `${source.path}:${source.line}`;
    case "variable":
      return source.file === undefined ? source.name : `${source.name}_FILE: ${source.file}`;
    case "option":
      return "command line";
  }
}

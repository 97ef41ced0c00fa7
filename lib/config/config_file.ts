/**
 * Finding and reading `claustrum.conf` (contract: Configuration).
 *
 * @module
 */

import { errnoCode, errnoText, isMissing } from "../system/errno.ts";
import { isPermissionMissing } from "../system/permissions.ts";
import { DEFAULT_SETTINGS, isSettingName, type SettingName, SETTINGS, type Settings } from "./settings.ts";
import { readValue } from "./values.ts";

const NAME = "claustrum.conf";
/** The most bytes that are read; no real configuration is larger. */
const MAX_BYTES = 64 << 10;
const TRUE = new Set(["true", "1", "yes", "on"]);
const FALSE = new Set(["false", "0", "no", "off"]);

/** What determines where configuration files are searched. */
export interface ConfigPlace {
  /** The environment variables. */
  readonly env: { get(name: string): string | undefined };
  /** The URL of the program. */
  readonly program: string;
}

/** Returns the paths where a configuration file may be; later files override earlier ones. */
export function configFiles(
  place: ConfigPlace = { env: Deno.env, program: programAddress(Deno.mainModule) },
): string[] {
  const { env, program } = place;
  const home = env.get("HOME");
  const base = env.get("XDG_CONFIG_HOME") || (home ? `${home}/.config` : undefined);
  return [
    ...(program.startsWith("file:") ? [decodeURIComponent(new URL(NAME, program).pathname)] : []),
    ...(base === undefined ? [] : [`${base}/claustrum/${NAME}`]),
  ];
}

/**
 * Returns the URL of the executable if the program was compiled, otherwise of the module that the user ran.
 *
 * @param module The address of the module.
 */
export function programAddress(module: string): string {
  return Deno.build.standalone ? new URL(`file://${Deno.execPath()}`).href : module;
}

/**
 * Combines the settings from flags, files and defaults; flags take precedence over files.
 *
 * @param flags The settings from the command line.
 * @param warn Called with a message for each part of a file that is ignored.
 * @param files The paths where a configuration file may be.
 */
export async function resolveSettings(
  flags: Partial<Settings>,
  warn: (text: string) => void,
  files: readonly string[] = configFiles(),
): Promise<Settings> {
  return { ...DEFAULT_SETTINGS, ...await readConfig(files, warn), ...flags };
}

/** Reads the configuration files that exist. */
export async function readConfig(
  files: readonly string[],
  warn: (text: string) => void,
): Promise<Partial<Settings>> {
  let settings: Partial<Settings> = {};
  for (const file of files) {
    const text = await readText(file, warn);
    if (text !== undefined) settings = { ...settings, ...parseConfig(text, file, warn) };
  }
  return settings;
}

async function readText(path: string, warn: (text: string) => void): Promise<string | undefined> {
  try {
    if (!(await Deno.stat(path)).isFile) {
      warn(`${path}: ignored, it is not a regular file`);
      return undefined;
    }
    using file = await Deno.open(path, { read: true });
    const bytes = new Uint8Array(MAX_BYTES + 1);
    let length = 0;
    for (let n = await file.read(bytes); n; n = await file.read(bytes.subarray(length))) length += n;
    const text = new TextDecoder().decode(bytes.subarray(0, Math.min(length, MAX_BYTES)));
    if (length <= MAX_BYTES) return text;
    warn(`${path}: ignored beyond its first ${MAX_BYTES} bytes`);
    return text.slice(0, text.lastIndexOf("\n") + 1);
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (errnoCode(error) === undefined && !isPermissionMissing(error)) throw error;
    warn(`${path}: ignored, it cannot be read: ${errnoText(error)}`);
    return undefined;
  }
}

/**
 * Parses `key = value` lines. Lines that cannot be understood are skipped with a warning.
 *
 * @param source The name of the text in warnings.
 */
export function parseConfig(text: string, source: string, warn: (text: string) => void): Partial<Settings> {
  const settings: Record<string, unknown> = {};
  for (const [index, line] of text.split("\n").entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const at = `${source}:${index + 1}`;
    const equals = content.indexOf("=");
    if (equals < 0) {
      warn(`${at}: ignored, it has no =`);
      continue;
    }
    const name = content.slice(0, equals).trim().toLowerCase();
    const key = name.replaceAll("_", "-");
    if (!isSettingName(key)) {
      warn(`${at}: ignored, ${JSON.stringify(name)} is not a setting`);
      continue;
    }
    const value = parseValue(key, content.slice(equals + 1).trim(), (problem) => warn(`${at}: ${problem}`));
    if (value !== undefined) settings[key] = value;
  }
  return settings;
}

function parseValue(key: SettingName, text: string, warn: (text: string) => void): unknown {
  const { kind } = SETTINGS[key];
  if (kind === "boolean") {
    const word = text.toLowerCase();
    if (TRUE.has(word) || FALSE.has(word)) return TRUE.has(word);
  } else {
    const read = readValue(kind, text);
    if (read?.wasNegative) warn(`${key} ${text} counts as 0`);
    if (read !== undefined) return read.value;
  }
  warn(`ignored, ${JSON.stringify(text)} is not a valid value of ${key}`);
  return undefined;
}

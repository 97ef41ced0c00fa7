/**
 * All settings that the command line and `claustrum.conf` share, defined in one place (contract: Configuration).
 *
 * @module
 */

import type { ValueKind, ValueTypes } from "./values.ts";

/** A setting. */
interface SettingSpec<K extends ValueKind = ValueKind> {
  readonly kind: K;
  /** The default value. */
  readonly fallback: ValueTypes[K];
  /** The help text. */
  readonly help: string;
  /** Whether it can be set only in `claustrum.conf`. */
  readonly isConfigOnly?: boolean;
}

function spec<K extends ValueKind>(kind: K, fallback: ValueTypes[K], help: string): SettingSpec<K> {
  return { kind, fallback, help };
}

/** All settings, by the name that flag and key share. */
export const SETTINGS = {
  "cli-download-timeout": spec(
    "duration",
    0,
    "how long a download may take, 0 for no limit; a stall of 60s always ends it",
  ),
  "cli-probe-timeout": spec("duration", 30_000, "how long a CLI may take to print its version, 0 for no limit"),
  "contract": spec("contract", "seed", "the generation of the contract to serve, seed or next"),
  "git-timeout": spec("duration", 60_000, "how long a git command may take, 0 for no limit"),
  "handover": spec(
    "boolean",
    false,
    "let a replaced daemon keep its processes; the new one relays to it",
  ),
  "keep-children": spec("boolean", false, "leave processes running when the daemon stops; they lose their stdio"),
  "libc-probe-timeout": spec("duration", 5_000, "how long ldd may take, 0 for no limit"),
  "listen-pipe": spec("boolean", false, "also listen on a named pipe (Windows only)"),
  "log-dir": {
    ...spec("string", "", "keep the output of every process in rotated files in this directory; off when empty"),
    isConfigOnly: true,
  },
  "max-cli-bytes": spec("bytes", 2 ** 31, "cap on the size of a download and of the CLI in it, in bytes, 0 for none"),
  "max-extract-bytes": spec(
    "bytes",
    512 << 20,
    "cap on the total size of the files in an archive, in bytes, 0 for none",
  ),
  "metrics-addr": spec("string", "", "serve Prometheus counters on http://HOST:PORT/metrics; off when empty"),
  "version-override": { ...spec("sha", "", "the git sha to report as the version"), isConfigOnly: true },
  "wire-log": spec("string", "", "append every frame to this file, for diagnosis; off when empty"),
  "wire-log-max-string": spec("bytes", 512, "cut strings in the wire log to this many bytes, 0 for whole frames"),
} as const satisfies Record<string, SettingSpec>;

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** The value of each setting. */
export type Settings = { readonly [N in SettingName]: ValueTypes[typeof SETTINGS[N]["kind"]] };

/** The default of each setting. */
export const DEFAULT_SETTINGS: Settings = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { fallback }]) => [name, fallback]),
) as Settings;

/** Whether a text is the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** Picks the settings from parsed flags, without flags that were not given and switches that are off. */
export function settingsAmong(flags: Readonly<Record<string, unknown>>): Partial<Settings> {
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => isSettingName(name) && value !== undefined && value !== false),
  );
}

/** Whether a setting may be given on the command line. */
export function isFlagSetting(name: string): name is SettingName {
  const found: SettingSpec | undefined = isSettingName(name) ? SETTINGS[name] : undefined;
  return found !== undefined && found.isConfigOnly !== true;
}

/** Formats settings as classic flags, for starting another program with them. */
export function settingFlags(settings: Partial<Settings>): string[] {
  return Object.entries(settings).map(([name, value]) =>
    `-${name}=${formatValue(SETTINGS[name as SettingName].kind, value)}`
  );
}

/** Formats a value as its flag accepts it. */
export function formatValue(kind: ValueKind, value: string | number | boolean): string {
  return kind === "duration" ? `${value}ms` : String(value);
}

/**
 * Everything that can be set both on the command line and in `claustrum.conf`, stated once
 * (contract: Configuration).
 *
 * @module
 */

import type { ValueKind, ValueTypes } from "./values.ts";

/** A setting. */
interface SettingSpec<K extends ValueKind = ValueKind> {
  readonly kind: K;
  /** What it is when nobody says anything. */
  readonly fallback: ValueTypes[K];
  /** What it does. */
  readonly help: string;
  /** Whether it is no flag. */
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
    "how long a download may take, 0 for ever; a stall of 60s always ends it",
  ),
  "cli-probe-timeout": spec("duration", 30_000, "how long a CLI may take to tell its version, 0 for ever"),
  "git-timeout": spec("duration", 60_000, "how long a git may take, 0 for ever"),
  "handover": spec(
    "boolean",
    false,
    "let a daemon that is replaced retire with its processes; the new one relays to it",
  ),
  "keep-children": spec("boolean", false, "leave processes alive when the daemon stops; they lose their stdio"),
  "libc-probe-timeout": spec("duration", 5_000, "how long ldd may take, 0 for ever"),
  "listen-pipe": spec("boolean", false, "serve a named pipe too (Windows only)"),
  "max-cli-bytes": spec("bytes", 2 ** 31, "cap on a download and on the CLI in it, in bytes, 0 for none"),
  "max-extract-bytes": spec("bytes", 512 << 20, "cap on what an archive may hold, in bytes, 0 for none"),
  "metrics-addr": spec("string", "", "serve Prometheus counters on http://HOST:PORT/metrics; off when empty"),
  "version-override": { ...spec("sha", "", "the git sha that is told as the version"), isConfigOnly: true },
  "wire-log": spec("string", "", "append every frame to this file, for diagnosis; off when empty"),
  "wire-log-max-string": spec("bytes", 512, "cut strings in the wire log to this many bytes, 0 for whole frames"),
} as const satisfies Record<string, SettingSpec>;

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** The value of each setting. */
export type Settings = { readonly [N in SettingName]: ValueTypes[typeof SETTINGS[N]["kind"]] };

/** What the settings are when nobody says anything. */
export const DEFAULT_SETTINGS: Settings = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, { fallback }]) => [name, fallback]),
) as Settings;

/** Whether something is the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** The settings among flags; those that were not given, and switches that are off, are left out. */
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

/** Settings as classic flags again, for a program that is started with them. */
export function settingFlags(settings: Partial<Settings>): string[] {
  return Object.entries(settings).map(([name, value]) =>
    `-${name}=${formatValue(SETTINGS[name as SettingName].kind, value)}`
  );
}

/** A value as its flag takes it. */
export function formatValue(kind: ValueKind, value: string | number | boolean): string {
  return kind === "duration" ? `${value}ms` : String(value);
}

/**
 * The options of an install, and what is noted during one.
 *
 * @module
 */

import { type GenerationName, GENERATIONS, SEED } from "../contract/generation.ts";
import type { InstallRules } from "../contract/install_rules.ts";
import type { ResolvedLauncher } from "../launcher/resolve_launcher.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import type { FetchFacts } from "./blob.ts";
import type { ProbeOutcome } from "./probe.ts";

/** The source of a CLI. */
export type InstallSource =
  /** A zstd file to download; its sha256 is required. */
  | { readonly url: string; readonly sha256: string }
  /** A local zstd file, which is removed after it is decompressed; it is verified if a sha256 is given. */
  | { readonly zst: string; readonly sha256?: string };

/** The progress of an install. */
export type InstallProgress =
  /** The bytes received so far, and the total if it is known. */
  | { readonly phase: "download"; readonly bytes: number; readonly total?: number }
  /** A phase after the download. */
  | { readonly phase: "verify" | "decompress" | "probe" };

/** Options of {@linkcode install}. */
export interface InstallOptions {
  /** The directory of all versions; it is created if it does not exist. */
  readonly cliDir: string;
  /** The version: a file name in the directory. */
  readonly cliVersion: string;
  /** The source of the CLI, which is used if the version is not installed. Without a source it must be installed. */
  readonly source?: InstallSource;
  /** The number of versions to keep; 0 for all. @default {3} */
  readonly keep?: number;
  /** The size limit of the download, and of the CLI in it, in bytes; 0 for none. @default {2147483648} */
  readonly maxBytes?: number;
  /** The longest time without data, in milliseconds; 0 for no limit. @default {60000} */
  readonly stallMs?: number;
  /** The longest duration of the download, in milliseconds; 0 for no limit. @default {0} */
  readonly downloadTimeoutMs?: number;
  /** How long the CLI may take to print its version, in milliseconds; 0 for no limit. @default {30000} */
  readonly probeTimeoutMs?: number;
  /** How long `ldd` may take, in milliseconds; 0 for no limit. @default {5000} */
  readonly libcTimeoutMs?: number;
  /** Called at the start of the download, then about every `progressMs`, and at the start of each later phase. */
  readonly onProgress?: (progress: InstallProgress) => void;
  /** The time between two reports of a download, in milliseconds. @default {1000} */
  readonly progressMs?: number;
  /** Aborts the install; its temporary files are removed. */
  readonly signal?: AbortSignal;
  /** The value of `serverVersion` in the facts. @default {the version of this program} */
  readonly serverVersion?: string;
  /** The environment, for `HOME` and `TMPDIR`; proxies are always those of this program. @default {that of this program} */
  readonly env?: Readonly<Record<string, string>>;
  /** The generation of the contract, `"seed"` or `"next"`. @default {"seed"} */
  readonly contract?: GenerationName;
  /** The source of time. */
  readonly clock?: Clock;
}

const DEFAULTS = {
  keep: 3,
  maxBytes: 2 ** 31,
  stallMs: 60_000,
  downloadTimeoutMs: 0,
  probeTimeoutMs: 30_000,
  libcTimeoutMs: 5_000,
  progressMs: 1_000,
  clock: systemClock,
} as const;

/** Options with their defaults, and the rules of the generation. */
export type ResolvedOptions =
  & InstallOptions
  & Required<Pick<InstallOptions, keyof typeof DEFAULTS | "env">>
  & { readonly rules: InstallRules; readonly home: string | undefined };

/** Fills in the defaults. */
export function resolveOptions(options: InstallOptions): ResolvedOptions {
  const env = options.env ?? Deno.env.toObject();
  const home = env["HOME"] ?? env["USERPROFILE"];
  const rules = GENERATIONS[options.contract ?? SEED.name].install;
  const isUnnamed = options.cliDir === "" && rules.defaultDir !== "" && home !== undefined && home !== "";
  const cliDir = isUnnamed ? `${home}/${rules.defaultDir}` : options.cliDir;
  return { ...DEFAULTS, ...options, env, home, rules, cliDir };
}

/** What is noted during an install. */
export interface Notes {
  /** Whether the version was installed, and runs. */
  wasPresent: boolean;
  /** Facts about the download, if there was one. */
  fetch: FetchFacts | undefined;
  /** The launcher, if the client uses launchers and the CLI was run. */
  launcher: ResolvedLauncher | undefined;
  /** What the last run of the CLI has shown. */
  probed: ProbeOutcome | undefined;
}

/**
 * Installing a pinned version of the CLI: it is downloaded or taken from a file, verified, decompressed, tested and
 * moved into place. Leftovers and old versions are removed (contract: Install).
 *
 * @module
 */

import { type Clock, systemClock } from "../system/clock.ts";
import { errnoText } from "../system/errno.ts";
import { archName, platformName } from "../system/platform.ts";
import { removeQuietly } from "../system/remove.ts";
import { versionId } from "../version.ts";
import { type CliBlob, fetchBlob, type FetchFacts, openBlob } from "./blob.ts";
import { checkCliPath, cliPathOf } from "./cli_path.ts";
import { InstallError } from "./install_error.ts";
import { detectLibc } from "./libc.ts";
import { runBriefly } from "../process/run_briefly.ts";
import { stageCli } from "./stage.ts";
import { prune, sweep } from "./sweep.ts";

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
  /** The source of time. */
  readonly clock?: Clock;
}

/** The result of an install; the order of its fields is part of the contract. */
export interface InstallFacts {
  /** The version of this program. */
  readonly serverVersion: string;
  /** `linux`, `darwin` or `windows`. */
  readonly os: string;
  /** `amd64` or `arm64`. */
  readonly arch: string;
  /** `glibc` or `musl` on Linux, `""` elsewhere. */
  readonly libc: "musl" | "glibc" | "";
  /** The path of the CLI, installed or not; `""` if the directory or the version is empty. */
  readonly cliPath: string;
  /** Whether the version was already installed. */
  readonly cliWasPresent: boolean;
  /** Why the install failed; absent on success. */
  readonly cliError?: string;
  /** Facts about the download, if there was one. */
  readonly fetch?: FetchFacts;
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

type ResolvedOptions = InstallOptions & Required<Pick<InstallOptions, keyof typeof DEFAULTS | "env">>;

/** Facts that are collected during an install. */
interface Notes {
  wasPresent: boolean;
  fetch: FetchFacts | undefined;
}

/**
 * Ensures that a version of the CLI is installed and runs.
 *
 * Permissions: `read` and `write` for the directory, the file that the CLI comes from and, for a download into a
 * directory that does not exist yet, the temporary directory; `run` to test the CLI; `env`; `net` for the hosts of the download.
 *
 * @returns The facts; `cliError` describes a failure.
 * @throws The signal's reason.
 *
 * @example
 * ```ts
 * import { install } from "@x/claustrum/install";
 *
 * const facts = await install({ cliDir: "/nonexistent/cli", cliVersion: "1.2.3" });
 * console.log(facts.cliError); // "cli 1.2.3 missing and no --cli-url or --cli-zst provided"
 * ```
 */
export async function install(options: InstallOptions): Promise<InstallFacts> {
  const settled: ResolvedOptions = { ...DEFAULTS, env: Deno.env.toObject(), ...options };
  const { libcTimeoutMs: timeoutMs, signal, clock, cliDir, cliVersion } = settled;
  const notes: Notes = { wasPresent: false, fetch: undefined };
  const [libc, outcome] = await Promise.allSettled([
    detectLibc({ timeoutMs, signal, clock }),
    failureOf(() => ensureCli(settled, notes)),
  ]);
  if (outcome.status === "rejected") throw outcome.reason;
  if (libc.status === "rejected") throw libc.reason;
  signal?.throwIfAborted();
  return {
    serverVersion: options.serverVersion ?? versionId(),
    os: platformName(),
    arch: archName(),
    libc: libc.value,
    cliPath: cliPathOf(cliDir, cliVersion),
    cliWasPresent: notes.wasPresent,
    ...(outcome.value === undefined ? {} : { cliError: outcome.value }),
    ...(notes.fetch === undefined ? {} : { fetch: notes.fetch }),
  };
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof InstallError) return error.message;
    throw error;
  }
}

async function ensureCli(options: ResolvedOptions, notes: Notes): Promise<void> {
  const { cliDir, cliVersion, source, keep } = options;
  await checkCliPath(cliDir, cliVersion, homeOf(options));
  const cliPath = cliPathOf(cliDir, cliVersion);
  if (await isFile(cliPath) && await isRunnable(cliPath, options)) {
    notes.wasPresent = true;
    return;
  }
  let kept = source !== undefined && "zst" in source ? source.zst : undefined;
  try {
    await installCli(options, notes, () => kept = undefined);
    await prune(cliDir, keep, cliVersion);
  } finally {
    await sweep(cliDir, kept);
  }
}

function homeOf({ env }: ResolvedOptions): string | undefined {
  return env["HOME"] ?? env["USERPROFILE"];
}

async function installCli(options: ResolvedOptions, notes: Notes, onConsumed: () => void): Promise<void> {
  const { cliDir, cliVersion: version, source, maxBytes, signal, onProgress } = options;
  if (source === undefined) {
    throw new InstallError(`cli ${version} missing and no --cli-url or --cli-zst provided`);
  }
  await using blob = await obtain(source, options, notes);
  onProgress?.({ phase: "verify" });
  if ("url" in source || source.sha256 !== undefined) await verify(blob, source.sha256 ?? "");
  signal?.throwIfAborted();
  await makeCliDir(cliDir);
  onProgress?.({ phase: "decompress" });
  await stageCli(blob, {
    cliDir,
    version,
    home: homeOf(options),
    maxBytes,
    signal,
    onDecompressed: async () => {
      onConsumed();
      if ("zst" in source) await removeQuietly(blob.path);
      onProgress?.({ phase: "probe" });
    },
    isRunnable: (path) => isRunnable(path, options),
  });
}

function obtain(source: InstallSource, options: ResolvedOptions, notes: Notes): Promise<CliBlob> {
  const { cliDir, maxBytes, stallMs, downloadTimeoutMs, clock, signal, env } = options;
  if ("zst" in source) return openBlob(source.zst, signal);
  const reports = downloadReports(options);
  return fetchBlob({
    url: source.url,
    cliDir,
    maxBytes,
    stallMs,
    timeoutMs: downloadTimeoutMs,
    clock,
    signal,
    env,
    onProgress: reports.note,
    onEnd: (facts) => {
      reports.stop();
      notes.fetch = facts;
    },
  });
}

/** Reports progress at intervals; data that arrives in between is part of the next report. */
function downloadReports(
  { onProgress, progressMs, clock }: ResolvedOptions,
): { note: (bytes: number, total: number | undefined) => void; stop: () => void } {
  let next = 0;
  let latest: InstallProgress | undefined;
  let cancel: (() => void) | undefined;
  const report = () => {
    cancel?.();
    cancel = undefined;
    next = clock.elapsed() + progressMs;
    if (latest !== undefined) onProgress?.(latest);
  };
  const note = (bytes: number, total: number | undefined) => {
    latest = { phase: "download", bytes, ...(total === undefined ? {} : { total }) };
    const left = next - clock.elapsed();
    if (left <= 0) report();
    else cancel ??= clock.after(left, report);
  };
  return { note, stop: () => cancel?.() };
}

async function verify(blob: CliBlob, expected: string): Promise<void> {
  const actual = await blob.sha256();
  if (actual !== expected.toLowerCase()) {
    throw new InstallError(`checksum mismatch: expected=${expected}, actual=${actual}`);
  }
}

async function makeCliDir(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new InstallError(`mkdir cli dir: mkdir ${path}: ${mkdirErrorText(error)}`, { cause: error });
  }
}

/** Returns the reason; a file in place of the directory counts as "not a directory" rather than "file exists". */
function mkdirErrorText(error: unknown): string {
  return error instanceof Deno.errors.AlreadyExists ? "not a directory" : errnoText(error);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false; // if something is in the way, moving the CLI into place reports it
  }
}

async function isRunnable(
  path: string,
  { probeTimeoutMs: timeoutMs, signal, clock }: ResolvedOptions,
): Promise<boolean> {
  const absolute = path.startsWith("/") ? path : `./${path}`;
  return (await runBriefly(absolute, ["--version"], { timeoutMs, signal, clock }))?.isOk === true;
}

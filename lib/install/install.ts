/**
 * Installing a pinned CLI: downloaded or taken from a file, verified, decompressed, tried, put in
 * place; what is left over and what is old is removed (contract: Install).
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

/** Where a CLI comes from. */
export type InstallSource =
  /** A zstd file that is downloaded; its sha256 must be given. */
  | { readonly url: string; readonly sha256: string }
  /** A local zstd file, which is removed once it was decompressed; verified if a sha256 is given. */
  | { readonly zst: string; readonly sha256?: string };

/** What an install is doing. */
export type InstallProgress =
  /** Bytes that came so far, and how many there are in all, if that is known. */
  | { readonly phase: "download"; readonly bytes: number; readonly total?: number }
  /** What follows the download. */
  | { readonly phase: "verify" | "decompress" | "probe" };

/** What is installed, and how. */
export interface InstallOptions {
  /** The directory of all versions; made if it is not there. */
  readonly cliDir: string;
  /** The version: a single name within the directory. */
  readonly cliVersion: string;
  /** Where it comes from if it is not there; without one it must be there. */
  readonly source?: InstallSource;
  /** How many versions stay, 0 for all. @default {3} */
  readonly keep?: number;
  /** The cap on the download and on what it holds, each in bytes; 0 for none. @default {2147483648} */
  readonly maxBytes?: number;
  /** How long no byte may come, in milliseconds; 0 for ever. @default {60000} */
  readonly stallMs?: number;
  /** How long the download may take, in milliseconds; 0 for ever. @default {0} */
  readonly downloadTimeoutMs?: number;
  /** How long a CLI may take to tell its version, in milliseconds; 0 for ever. @default {30000} */
  readonly probeTimeoutMs?: number;
  /** How long `ldd` may take, in milliseconds; 0 for ever. @default {5000} */
  readonly libcTimeoutMs?: number;
  /** Told at the start of the download, then about as often as `progressMs` says, and of each phase after it. */
  readonly onProgress?: (progress: InstallProgress) => void;
  /** The time between two reports of a download, in milliseconds. @default {1000} */
  readonly progressMs?: number;
  /** Gives up, and leaves nothing behind. */
  readonly signal?: AbortSignal;
  /** What `serverVersion` says. @default {the version of this program} */
  readonly serverVersion?: string;
  /** The environment: `HOME` and `TMPDIR`; proxies are those of the program itself. @default {the program's own} */
  readonly env?: Readonly<Record<string, string>>;
  /** The source of time. */
  readonly clock?: Clock;
}

/** What came of it; the order is part of the contract. */
export interface InstallFacts {
  /** The version of this program. */
  readonly serverVersion: string;
  /** `linux`, `darwin` or `windows`. */
  readonly os: string;
  /** `amd64` or `arm64`. */
  readonly arch: string;
  /** `glibc` or `musl` on Linux, `""` elsewhere. */
  readonly libc: "musl" | "glibc" | "";
  /** Where the CLI is, or would be; `""` when directory or version is empty. */
  readonly cliPath: string;
  /** Whether it was there already. */
  readonly cliWasPresent: boolean;
  /** Why it is not there. */
  readonly cliError?: string;
  /** What the download was like; only if one was attempted. */
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

/** What is found out on the way. */
interface Notes {
  wasPresent: boolean;
  fetch: FetchFacts | undefined;
}

/**
 * Sees to it that a version of the CLI is there and runs.
 *
 * Permissions: `read` and `write` for the directory, the file it comes from and, for a download into a directory that is
 * not there yet, the temporary directory; `run` to try the CLI; `env`; `net` for the hosts that a download comes from.
 *
 * @returns The facts; a failure is inside, as `cliError`.
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

/** Reports now and then; what came since the last report is reported when its time has come. */
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

/** A file in the place of the directory is there already, but that is not what is wrong with it. */
function mkdirErrorText(error: unknown): string {
  return error instanceof Deno.errors.AlreadyExists ? "not a directory" : errnoText(error);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false; // whatever is in the way is found, and told, when it is to be put in place
  }
}

async function isRunnable(
  path: string,
  { probeTimeoutMs: timeoutMs, signal, clock }: ResolvedOptions,
): Promise<boolean> {
  const absolute = path.startsWith("/") ? path : `./${path}`;
  return (await runBriefly(absolute, ["--version"], { timeoutMs, signal, clock }))?.isOk === true;
}

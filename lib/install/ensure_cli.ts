/**
 * The steps of an install, in the order of each generation of the contract (contract: Install).
 *
 * @module
 */

import type { InstallRules } from "../contract/install_rules.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { removeIfThere } from "../system/private_files.ts";
import { parentOf } from "../system/removal.ts";
import { removeQuietly } from "../system/remove.ts";
import { type CliBlob, fetchBlob, openBlob } from "./blob.ts";
import { checkCliPath, cliPathOf } from "./cli_path.ts";
import { InstallError } from "./install_error.ts";
import type { InstallProgress, InstallSource, Notes, ResolvedOptions } from "./install_options.ts";
import { launcherFor, probeCli, type ProbeOutcome } from "./probe.ts";
import { stageCli } from "./stage.ts";
import { prune, sweep } from "./sweep.ts";

/**
 * Ensures that the version is installed and runs.
 *
 * @throws {InstallError} With the contract's text.
 */
export async function ensureCli(options: ResolvedOptions, notes: Notes): Promise<void> {
  const { cliDir, cliVersion, source, keep, rules, home, clock, probeTimeoutMs } = options;
  await checkCliPath(cliDir, cliVersion, home, rules.allowsSweptNames);
  const cliPath = cliPathOf(cliDir, cliVersion);
  if (await isFile(cliPath) && await isPresent(cliPath, probeTimeoutMs, options, notes)) {
    notes.wasPresent = true;
    return;
  }
  if (rules.makesDir === "before the source") await clearAndMakeDir(cliDir, rules);
  let kept = source !== undefined && "zst" in source ? [source.zst, cliPath] : [cliPath];
  const sweepNow = () => sweep(cliDir, kept, { ages: rules.sweeps, now: clock.now() });
  try {
    await installCli(options, notes, () => kept = [cliPath]);
    if (rules.probes === "installed") {
      await sweepNow();
      await requireRunnable(cliPath, options, notes);
    }
    await prune(cliDir, keep, cliVersion, rules.sweeps);
  } finally {
    await sweepNow();
  }
}

/**
 * Whether a version that is there runs; one that does not is installed anew.
 *
 * @throws {InstallError} If it does not answer, or its launcher fails: installing it anew would not help.
 */
async function isPresent(
  cliPath: string,
  timeoutMs: number,
  options: ResolvedOptions,
  notes: Notes,
): Promise<boolean> {
  const outcome = await probe(cliPath, timeoutMs, options, notes);
  if (outcome.kind === "hung" && options.rules.keepsUnresponsive) throw unresponsive(notes);
  if (outcome.kind === "launcher failed") throw notRunnable(cliPath);
  return outcome.kind === "runs";
}

/**
 * Runs a version that has just been installed, and removes it if it is broken.
 *
 * @throws {InstallError} If it does not run.
 */
async function requireRunnable(cliPath: string, options: ResolvedOptions, notes: Notes): Promise<void> {
  const { rules, probeTimeoutMs, signal, onProgress } = options;
  onProgress?.({ phase: "probe" });
  // Security software may examine a new program before it runs for the first time.
  const timeoutMs = probeTimeoutMs === 0 ? 0 : Math.max(probeTimeoutMs, rules.firstProbeMs);
  if (await isPresent(cliPath, timeoutMs, options, notes)) return;
  signal?.throwIfAborted();
  await removeQuietly(cliPath);
  throw notRunnable(cliPath);
}

async function probe(
  cliPath: string,
  timeoutMs: number,
  { rules, env, signal, clock }: ResolvedOptions,
  notes: Notes,
): Promise<ProbeOutcome> {
  notes.launcher ??= rules.usesLauncher ? await launcherFor(cliPath, env) : undefined;
  const outcome = await probeCli(cliPath, { timeoutMs, launcher: notes.launcher, signal, clock });
  signal?.throwIfAborted();
  notes.probed = outcome;
  return outcome;
}

function unresponsive({ launcher }: Notes): InstallError {
  const about = "cli unresponsive: the installed Claude Code binary";
  if (launcher?.status === "usable") {
    return new InstallError(
      `${about} was started through the host's managed launcher ${launcher.argv[0]} and the run did not answer ` +
        "--version within 33s (123s for a first run), so it was stopped; " +
        "the launcher or the host is not letting it finish",
    );
  }
  return new InstallError(
    `${about} started but did not answer --version within 30s (120s for a first run) and was stopped; ` +
      "the host is not letting it run (endpoint security software or a stalled network home are the usual causes)",
  );
}

function notRunnable(cliPath: string): InstallError {
  return new InstallError(`installed cli at ${cliPath} is not runnable`);
}

async function installCli(options: ResolvedOptions, notes: Notes, onConsumed: () => void): Promise<void> {
  const { cliDir, cliVersion: version, source, maxBytes, signal, onProgress, rules, home } = options;
  if (source === undefined) {
    throw new InstallError(`cli ${version} missing and no --cli-url or --cli-zst provided`);
  }
  await using blob = await obtain(source, options, notes);
  onProgress?.({ phase: "verify" });
  if ("url" in source || source.sha256 !== undefined) await verify(blob, source.sha256 ?? "", rules);
  signal?.throwIfAborted();
  await makeCliDir(cliDir);
  onProgress?.({ phase: "decompress" });
  await stageCli(blob, {
    cliDir,
    version,
    home,
    maxBytes,
    signal,
    onDecompressed: async () => {
      onConsumed();
      if ("zst" in source) await removeQuietly(blob.path);
      if (rules.probes === "staged") onProgress?.({ phase: "probe" });
    },
    ...(rules.probes === "installed" ? {} : { isRunnable: (path) => runs(path, options, notes) }),
  });
}

async function runs(path: string, options: ResolvedOptions, notes: Notes): Promise<boolean> {
  return (await probe(path, options.probeTimeoutMs, options, notes)).kind === "runs";
}

function obtain(source: InstallSource, options: ResolvedOptions, notes: Notes): Promise<CliBlob> {
  const { cliDir, maxBytes, stallMs, downloadTimeoutMs, clock, signal, env, rules } = options;
  if ("zst" in source) return openBlob(source.zst, signal);
  const reports = downloadReports(options);
  return fetchBlob({
    url: source.url,
    cliDir,
    maxBytes,
    stallMs,
    timeoutMs: downloadTimeoutMs,
    tellsInterruption: rules.tellsInterruption,
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

async function verify(blob: CliBlob, expected: string, { checksumCase }: InstallRules): Promise<void> {
  const actual = await blob.sha256();
  if (actual !== (checksumCase === "ignored" ? expected.toLowerCase() : expected)) {
    throw new InstallError(`checksum mismatch: expected=${expected}, actual=${actual}`);
  }
}

/** Makes the directory of all versions, in the place of a file that is in the way. */
async function clearAndMakeDir(cliDir: string, { formerFile }: InstallRules): Promise<void> {
  if (await isFormerFile(cliDir)) {
    await removeIfThere(cliDir);
    if (formerFile !== "") await removeIfThere(`${parentOf(cliDir)}/${formerFile}`);
  }
  await makeCliDir(cliDir);
}

/** Whether a path is a file, a link to one, or a FIFO. */
async function isFormerFile(path: string): Promise<boolean> {
  try {
    const { isFile, isFifo, isSymlink } = await Deno.lstat(path);
    return isFile || isFifo === true || (isSymlink && (await Deno.stat(path)).isFile);
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return false; // making the directory says what is wrong
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

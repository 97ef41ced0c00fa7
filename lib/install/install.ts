/**
 * Installing a pinned version of the CLI: it is downloaded or taken from a file, verified, decompressed, tested and
 * moved into place. Leftovers and old versions are removed (contract: Install).
 *
 * @module
 */

import { archName, platformName } from "../system/platform.ts";
import { versionId } from "../version.ts";
import type { FetchFacts } from "./blob.ts";
import { cliPathOf } from "./cli_path.ts";
import { ensureCli } from "./ensure_cli.ts";
import { InstallError } from "./install_error.ts";
import { type InstallOptions, type Notes, resolveOptions } from "./install_options.ts";
import { detectLibc } from "./libc.ts";
import { type LauncherFacts, launcherFacts } from "./probe.ts";

/** The result of an install; the order of its fields is part of the contract. */
export interface InstallFacts extends LauncherFacts {
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
  /** Whether the CLI was started, and did not answer in time. */
  readonly cliUnresponsive?: boolean;
  /** Facts about the download, if there was one. */
  readonly fetch?: FetchFacts;
}

/**
 * Ensures that a version of the CLI is installed and runs.
 *
 * Permissions: `read` and `write` for the directory, the file that the CLI comes from and, if the directory does not
 * exist yet for a download, the temporary directory; `run` to test the CLI; `env`; `net` for the hosts of the download.
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
  const settled = resolveOptions(options);
  const { libcTimeoutMs: timeoutMs, signal, clock, cliDir, cliVersion, rules } = settled;
  const notes: Notes = { wasPresent: false, fetch: undefined, launcher: undefined, probed: undefined };
  const [libc, outcome] = await Promise.allSettled([
    detectLibc({ timeoutMs, signal, clock }, undefined, rules.libc),
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
    ...(rules.keepsUnresponsive && notes.probed?.kind === "hung" ? { cliUnresponsive: true } : {}),
    ...(notes.fetch === undefined ? {} : { fetch: notes.fetch }),
    ...launcherFacts(notes.launcher, notes.probed),
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

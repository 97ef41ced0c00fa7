/**
 * Running an installed CLI to see whether it answers, through the launcher that the administrator of the machine
 * prescribes if there is one (contract: Install of next; The managed launcher).
 *
 * @module
 */

import { type ResolvedLauncher, resolveLauncher, SUBSTITUTE_VARIABLE } from "../launcher/resolve_launcher.ts";
import { runWithin } from "../process/run_briefly.ts";
import type { Clock } from "../system/clock.ts";

/** The variable whose value `1` says that the client uses managed launchers. */
const LAUNCHER_SWITCH = "CLAUDE_SSH_MANAGED_LAUNCHER";
/** How much longer a run through a launcher may take, in milliseconds. */
const LAUNCHER_MS = 3_000;

/** Options of {@linkcode probeCli}. */
export interface ProbeOptions {
  /** How long the CLI may take to answer, in milliseconds; 0 for no limit. */
  readonly timeoutMs: number;
  /** The launcher; `undefined` if the client does not use any. */
  readonly launcher: ResolvedLauncher | undefined;
  /** Aborts the run. */
  readonly signal?: AbortSignal | undefined;
  /** The source of time. */
  readonly clock: Clock;
}

/** What a run of a CLI has shown. */
export type ProbeOutcome =
  /** It answers; or it was not run, because the launcher that is prescribed cannot be used. */
  | { readonly kind: "runs" }
  /** It ends with an error, or cannot be started. */
  | { readonly kind: "bad"; readonly reason: string }
  /** It was started, and did not answer in time. */
  | { readonly kind: "hung" }
  /** The launcher ends with an error, or cannot be started. */
  | { readonly kind: "launcher failed"; readonly stderr: string };

/** Returns the launcher for a CLI, if the client uses launchers; `undefined` otherwise. */
export async function launcherFor(
  cliPath: string,
  env: Readonly<Record<string, string>>,
): Promise<ResolvedLauncher | undefined> {
  if (env[LAUNCHER_SWITCH] !== "1") return undefined;
  return await resolveLauncher(cliPath, { substitute: env[SUBSTITUTE_VARIABLE] });
}

/** Runs a CLI with `--version`. */
export async function probeCli(cliPath: string, options: ProbeOptions): Promise<ProbeOutcome> {
  const { launcher, timeoutMs, signal, clock } = options;
  const path = cliPath.startsWith("/") ? cliPath : `./${cliPath}`;
  switch (launcher?.status) {
    case "unusable":
    case "unreadable":
      // It must not run without its launcher.
      return { kind: "runs" };
    case "usable": {
      const [file = "", ...before] = launcher.argv;
      const ms = timeoutMs === 0 ? 0 : timeoutMs + LAUNCHER_MS;
      const args = [...before, path, "--version"];
      const run = await runWithin(file, args, { timeoutMs: ms, captures: "stderr", signal, clock });
      if (run.kind === "late") return { kind: "hung" };
      if (run.kind === "exited" && run.isOk) return { kind: "runs" };
      return { kind: "launcher failed", stderr: run.kind === "exited" ? run.text : run.reason };
    }
    case "none":
    case undefined: {
      const run = await runWithin(path, ["--version"], { timeoutMs, captures: "stderr", signal, clock });
      if (run.kind === "late") return { kind: "hung" };
      if (run.kind === "exited" && run.isOk) return { kind: "runs" };
      return { kind: "bad", reason: run.kind === "exited" ? run.text : run.reason };
    }
  }
}

/** What the facts of an install say about a launcher; the order of the fields is part of the contract. */
export interface LauncherFacts {
  /** What there is of a launcher, and how the run through it went. */
  readonly launcherStatus?: "none" | "usable" | "unusable" | "unreadable" | "probe_failed" | "unresponsive";
  /** The command of the launcher. */
  readonly launcher?: readonly string[];
  /** The file that prescribes it. */
  readonly launcherSource?: string;
  /** The file that cannot be read. */
  readonly launcherPath?: string;
  /** Why it cannot be used. */
  readonly launcherReason?: string;
  /** What it has printed to its stderr when it failed. */
  readonly launcherStderr?: string;
}

/** Returns what the facts of an install say about a launcher. */
export function launcherFacts(
  launcher: ResolvedLauncher | undefined,
  outcome: ProbeOutcome | undefined,
): LauncherFacts {
  switch (launcher?.status) {
    case undefined:
      return {};
    case "none":
      return { launcherStatus: "none" };
    case "unreadable":
      return { launcherStatus: "unreadable", launcherPath: launcher.path, launcherReason: launcher.reason };
    case "unusable":
      return { launcherStatus: "unusable", launcherSource: launcher.source, launcherReason: launcher.reason };
    case "usable": {
      const about = { launcher: launcher.argv, launcherSource: launcher.source };
      if (outcome?.kind === "hung") return { launcherStatus: "unresponsive", ...about };
      if (outcome?.kind !== "launcher failed") return { launcherStatus: "usable", ...about };
      return { launcherStatus: "probe_failed", ...about, launcherStderr: outcome.stderr };
    }
  }
}

/**
 * `claustrum -probe-cli`, which says in one word whether an installed CLI answers (contract: Install of next).
 *
 * @module
 */

import { resolveSettings } from "../../config/config_file.ts";
import type { Settings } from "../../config/settings.ts";
import { GENERATIONS } from "../../contract/generation.ts";
import { launcherFor, probeCli, type ProbeOutcome } from "../../install/probe.ts";
import type { ResolvedLauncher } from "../../launcher/resolve_launcher.ts";
import { systemClock } from "../../system/clock.ts";
import { classicUsage } from "../classic.ts";
import { print, printError, printMessage } from "../print.ts";
import { abortOnTermination } from "../termination_signal.ts";

/** What is printed, and why. */
interface Answer {
  /** The word; `""` if the CLI runs. */
  readonly word: "" | "__CLI_BAD__" | "__CLI_HUNG__" | "__CLI_LAUNCHER__";
  /** The reason; `""` if there is none to tell. */
  readonly reason: string;
}

/** Runs `claustrum -probe-cli`; with a generation of the contract that does not have it, the flag is unknown. */
export async function probeClassic(path: string, settings: Partial<Settings>): Promise<number> {
  const { contract, "cli-probe-timeout": timeoutMs } = await resolveSettings(settings, printMessage);
  if (!GENERATIONS[contract].probesClis) {
    printError(`flag provided but not defined: -probe-cli\n${classicUsage().trimEnd()}`);
    return 2;
  }
  using termination = abortOnTermination();
  const launcher = await launcherFor(path, Deno.env.toObject());
  const outcome = await probeCli(path, { timeoutMs, launcher, signal: termination.signal, clock: systemClock });
  if (termination.signal.aborted) return termination.exitCode;
  const { word, reason } = answerOf(outcome, launcher);
  if (reason !== "") printError(reason.trimEnd());
  if (word !== "") print(word);
  return 0;
}

function answerOf(outcome: ProbeOutcome, launcher: ResolvedLauncher | undefined): Answer {
  switch (launcher?.status) {
    case "unusable":
      return {
        word: "__CLI_LAUNCHER__",
        reason: `managed launcher from ${launcher.source} refused: ${launcher.reason}`,
      };
    case "unreadable":
      return {
        word: "__CLI_LAUNCHER__",
        reason: `managed settings unreadable: ${launcher.path}: ${launcher.reason}`,
      };
    case "usable":
    case "none":
    case undefined:
      return outcomeAnswer(outcome, launcher?.status === "usable" ? launcher.argv[0] : undefined);
  }
}

function outcomeAnswer(outcome: ProbeOutcome, launcher: string | undefined): Answer {
  switch (outcome.kind) {
    case "runs":
      return { word: "", reason: "" };
    case "bad":
      return { word: "__CLI_BAD__", reason: outcome.reason };
    case "launcher failed":
      return { word: "__CLI_LAUNCHER__", reason: outcome.stderr || `the managed launcher ${launcher} failed` };
    case "hung":
      if (launcher === undefined) return { word: "__CLI_HUNG__", reason: "it did not answer --version in time" };
      return { word: "__CLI_LAUNCHER__", reason: `the run through ${launcher} did not answer --version in time` };
  }
}

/**
 * What the messages of `ssh` mean: whether to try again, or what a person has to do.
 *
 * @module
 */

import { printable } from "../system/printable.ts";
import type { LineProblem } from "./types.ts";

/** Why a host could not be reached. */
export interface SshFailure {
  /** The kind of problem. */
  readonly problem: LineProblem;
  /** The problem in a sentence that says what to do. */
  readonly reason: string;
  /** The fingerprint of the key that the host has shown, if a person has to judge it. */
  readonly fingerprint?: string;
}

/** Problems that stay until a person has done something. */
const REFUSALS: ReadonlySet<LineProblem> = new Set([
  "host_key_unknown",
  "host_key_changed",
  "permission_denied",
  "not_installed",
  "bad_configuration",
  "hub_does_not_start",
]);

/** Whether a problem stays until a person has done something. */
export function isRefusal(problem: LineProblem): boolean {
  return REFUSALS.has(problem);
}

/** A text of `ssh`, what it means, and what to do. The first that occurs counts. */
interface Marker {
  readonly text: RegExp;
  readonly problem: LineProblem;
  readonly reason: string;
}

const LOST = "the connection was lost";

/** In this order: a changed key fails the verification, too. */
const MARKERS: readonly Marker[] = [
  {
    text: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    problem: "host_key_changed",
    reason: "the key of the host has changed: find out why, and remove the old one from known_hosts only then",
  },
  {
    text: /Host key verification failed/,
    problem: "host_key_unknown",
    reason: "the key of the host is unknown: compare its fingerprint, and accept it",
  },
  {
    // Shells write a colon ahead of "line" where a start-up file has a mistake.
    text: /Bad configuration option|Bad owner or permissions|[^:\s] line \d+: |[Tt]erminating, \d+ bad configuration/,
    problem: "bad_configuration",
    reason: "ssh refuses its configuration",
  },
  {
    text: /Permission denied|Too many authentication failures|No supported authentication methods/,
    problem: "permission_denied",
    reason: "the host lets nobody in with these keys: try ssh by hand, and load the key into an agent",
  },
  { text: /Connection refused/, problem: "connection_refused", reason: "nothing listens there" },
  {
    text: /timed out|Timeout, server .* not responding/,
    problem: "timed_out",
    reason: "the host does not answer",
  },
  {
    text: /Could not resolve hostname/,
    problem: "name_not_found",
    reason: "the name of the host is not known",
  },
  {
    text: /No route to host|Network is unreachable|Network is down/,
    problem: "unreachable",
    reason: "the network does not reach the host",
  },
];

/**
 * Explains why `ssh` has ended.
 *
 * @param stderr What it printed to stderr; what the host's shell printed may be among it.
 */
export function explainSsh(stderr: string): SshFailure {
  const marker = MARKERS.find(({ text }) => text.test(stderr));
  if (marker === undefined) {
    return { problem: "lost", reason: lastLine(stderr) ?? LOST };
  }
  const { problem, reason } = marker;
  const fingerprint = problem.startsWith("host_key_") ? /SHA256:[A-Za-z0-9+/]{43}/.exec(stderr)?.[0] : undefined;
  const detail = problem === "bad_configuration" ? lineWith(stderr, marker.text) : undefined;
  return {
    problem,
    reason: detail === undefined ? reason : `${reason}: ${detail}`,
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

/**
 * Explains why a connection has ended that was up. Whatever a shell has printed in the meantime, nobody has to do anything:
 * what stays wrong is found out by the next attempt.
 *
 * @param stderr What `ssh` and the host's shell printed to stderr.
 */
export function explainLoss(stderr: string): SshFailure {
  const silence = MARKERS.find(({ problem, text }) => problem === "timed_out" && text.test(stderr));
  return { problem: silence?.problem ?? "lost", reason: silence?.reason ?? lastLine(stderr) ?? LOST };
}

function lineWith(text: string, part: RegExp): string | undefined {
  return shown(text.split("\n").find((line) => part.test(line)));
}

function lastLine(text: string): string | undefined {
  return shown(text.split("\n").findLast((line) => line.trim() !== ""));
}

/** The longest part of a message of ssh that is shown, in characters. */
const MAX_SHOWN = 200;

function shown(line: string | undefined): string | undefined {
  return line === undefined ? undefined : printable(line.trim()).slice(0, MAX_SHOWN);
}

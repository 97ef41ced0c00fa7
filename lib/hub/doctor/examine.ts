/**
 * Checks a hub and what it needs, whether it runs or not.
 *
 * @module
 */

import type { Host } from "../../hosts/types.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import { describeSystemError, errnoCode } from "../../system/errno.ts";
import type { HubConfig } from "../hub_config.ts";
import type { HubPaths } from "../hub_paths.ts";
import type { DoctorCheck, HubLink } from "../operation_types.ts";
import type { WebhookState } from "../webhooks/webhook_line.ts";
import { checkDaemon } from "./daemon_checks.ts";
import { checkConfig, checkDatabase, checkDirectory, checkProjects, checkToken, checkWeb } from "./file_checks.ts";
import { failure, ok, warning } from "./finding.ts";
import { checkHosts } from "./host_checks.ts";
import { checkLinks } from "./link_checks.ts";
import { checkNats, type NatsFacts } from "./nats_check.ts";
import { checkPort, checkService, checkTrust, servicePlace } from "./surroundings_checks.ts";

/** What is examined. */
export interface ExamineOptions {
  /** The files of the hub. */
  readonly paths: HubPaths;
  /** The configuration. */
  readonly config: HubConfig;
  /** The file of the configuration, whether it exists or not; `undefined` if the home directory is unknown. */
  readonly file: string | undefined;
  /** A sentence for each part of the configuration that is ignored. */
  readonly warnings: readonly string[];
  /** The socket of the daemon. */
  readonly daemonSocket: string;
  /** What is known about the hub that runs; `undefined` if none does. */
  readonly running: RunningFacts | undefined;
  /** The user's home directory; `undefined` if it is unknown. */
  readonly home: string | undefined;
}

/** What a hub that runs knows about itself. */
export interface RunningFacts {
  /** Says which hub it is. */
  readonly description: string;
  /** When it started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Its web address, if it has one. */
  readonly url: string | undefined;
  /** How it goes with each webhook. */
  readonly webhooks: readonly WebhookState[];
  /** How it goes with each hub that it dials. @default {it dials none} */
  readonly links?: readonly HubLink[];
  /** How it goes with each host that it shows. @default {it shows none} */
  readonly hosts?: readonly Host[];
  /** How it goes with NATS. @default {none is configured} */
  readonly nats?: NatsFacts | undefined;
}

type Findings = DoctorCheck | readonly DoctorCheck[] | undefined;

/** Runs all checks. */
export async function examine(options: ExamineOptions): Promise<DoctorCheck[]> {
  const { paths, config, file, warnings, daemonSocket, running, home } = options;
  const place = home === undefined ? undefined : servicePlace(Deno.build.os, home);
  const checks: readonly (readonly [string, () => Findings | Promise<Findings>])[] = [
    ["hub", () => checkRunning(running)],
    ["state directory", () => checkDirectory(paths)],
    ["database", () => checkDatabase(paths, running !== undefined)],
    ["token", () => checkToken(paths)],
    ["configuration", () => checkConfig({ file, warnings, readAt: running?.startedAt })],
    ["web address", () => checkWeb(config, running?.url)],
    // A hub that runs has the port itself.
    ["port", () => running === undefined ? checkPort(config) : undefined],
    ["projects", () => checkProjects(config)],
    ["trust", () => checkTrust(config, home)],
    ["service", () => checkService(config, place)],
    ["webhooks", () => (running?.webhooks ?? []).map(checkWebhook)],
    ["links", () => checkLinks(config.links, running?.links)],
    ["hosts", () => checkHosts(running?.hosts)],
    ["nats", () => checkNats(running?.nats)],
    ["daemon", () => checkDaemon({ socket: daemonSocket, config, directory: paths.directory })],
  ];
  const findings = await Promise.all(checks.map(([name, check]) => orFailure(name, check)));
  return findings.flatMap((each) => each ?? []);
}

/** An error that prevents a check is a finding itself, and does not stop the other checks. */
async function orFailure(name: string, check: () => Findings | Promise<Findings>): Promise<Findings> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof ClaustrumError) return failure(name, error.message);
    if (errnoCode(error) === undefined) throw error;
    return failure(name, describeSystemError(error));
  }
}

function checkRunning(running: RunningFacts | undefined): DoctorCheck {
  if (running === undefined) return warning("hub", "no hub is running", "start one with claustrum hub start");
  return ok("hub", running.description);
}

function checkWebhook({ name, pending, failed, problem }: WebhookState): DoctorCheck {
  const check = `webhook ${name}`;
  const counts = `${pending} waiting, ${failed} given up`;
  if (problem === undefined) return ok(check, counts);
  const since = new Date(problem.at).toISOString();
  return warning(check, `${problem.text} at ${since}; ${counts}`, "see that its address is right and can be reached");
}

/**
 * What operations learn of the hub itself: how it is, and what is wrong with it.
 *
 * @module
 */

import { connect } from "../client/connect.ts";
import { TokenRefusedError } from "../client/stop.ts";
import type { Host } from "../hosts/types.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { ClaustrumError } from "../system/claustrum_error.ts";
import type { Clock } from "../system/clock.ts";
import { importLate } from "../system/import_late.ts";
import { tryGetEnv } from "../system/permissions.ts";
import { readableVersion, versionId } from "../version.ts";
import type { HubConfig } from "./hub_config.ts";
import type { HubPaths } from "./hub_paths.ts";
import type { HubControl } from "./operation.ts";
import type { DoctorCheck, HubLink, HubStatus, ShownConfig } from "./operation_types.ts";
import type { WebhookState } from "./webhooks/webhook_line.ts";

/** How long the daemon may take to tell its version, in milliseconds. */
const PROBE_MS = 1_000;

/** What is known about a hub. */
export interface HubControlOptions {
  /** Its name. */
  readonly host: string;
  /** Its files. */
  readonly paths: HubPaths;
  /** Its configuration. */
  readonly config: HubConfig;
  /** The configuration as clients get it. */
  readonly shownConfig: ShownConfig;
  /** A sentence for each part of the configuration that is ignored. */
  readonly warnings: readonly string[];
  /** The socket of the daemon, absolute. */
  readonly daemonSocket: string;
  /** The sessions. */
  readonly sessions: Pick<Sessions, "list" | "lastEvent">;
  /** Knows the web address, once there is one. */
  readonly access: { readonly url: string | undefined };
  /** How it goes with each webhook. */
  readonly webhooks: { readonly states: readonly WebhookState[] };
  /** Returns how it goes with each hub that this one dials. */
  readonly links: () => readonly HubLink[];
  /** Returns how it goes with each host that this one shows. */
  readonly hosts: () => readonly Host[];
  /** Returns how it goes with NATS; `undefined` if none is configured. */
  readonly nats: () => { readonly problem: string | undefined } | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** Stops the hub once the request is answered. */
  readonly stopSoon: () => void;
}

/** Returns what operations learn of a hub that starts now. */
export function hubControl(options: HubControlOptions): HubControl {
  const { clock, shownConfig, stopSoon } = options;
  const [startedAt, start] = [clock.now(), clock.elapsed()];
  const uptime = () => Math.floor((clock.elapsed() - start) / 1000);
  let examining: Promise<readonly DoctorCheck[]> | undefined;
  return {
    status: () => hubStatus(options, uptime()),
    config: () => shownConfig,
    doctor: () => examining ??= examineHub(options, startedAt).finally(() => examining = undefined),
    stopSoon,
  };
}

async function examineHub(options: HubControlOptions, startedAt: number): Promise<readonly DoctorCheck[]> {
  const {
    paths,
    config,
    shownConfig: { file },
    warnings,
    daemonSocket,
    access: { url },
    webhooks,
    links,
    hosts,
    nats,
  } = options;
  const { examine } = await importLate<typeof import("./doctor/examine.ts")>(
    import.meta.resolve("./doctor/examine.ts"),
  );
  const running = {
    description: `${readableVersion()} with pid ${Deno.pid} on ${paths.socket}`,
    startedAt,
    url,
    webhooks: webhooks.states,
    links: links(),
    hosts: hosts(),
    nats: nats(),
  };
  return await examine({ paths, config, file, warnings, daemonSocket, running, home: tryGetEnv("HOME") });
}

async function hubStatus(
  { host, access: { url }, paths: { socket }, daemonSocket, sessions, links }: HubControlOptions,
  seconds: number,
): Promise<HubStatus> {
  const dialed = links();
  const counts: Record<string, number> = {};
  for (const { status } of sessions.list()) counts[status] = (counts[status] ?? 0) + 1;
  return {
    name: host,
    version: versionId(),
    pid: Deno.pid,
    uptime_seconds: seconds,
    ...(url === undefined ? {} : { url }),
    socket,
    daemon: { socket: daemonSocket, ...await daemonStatus(daemonSocket) },
    sessions: counts,
    last_event: sessions.lastEvent,
    ...(dialed.length === 0 ? {} : { links: dialed }),
  };
}

/** Asks the daemon, because the sessions may not have noticed yet that it has come or gone. */
async function daemonStatus(socket: string): Promise<{ readonly running: boolean; readonly version?: string }> {
  try {
    const signal = AbortSignal.timeout(PROBE_MS);
    await using client = await connect({ socket, signal, giveUpMs: 0 });
    const { version } = await client.call("server.capabilities", undefined, { signal });
    return { running: true, version };
  } catch (error) {
    if (error instanceof TokenRefusedError) return { running: true };
    if (error instanceof ClaustrumError || error instanceof DOMException) return { running: false };
    throw error;
  }
}

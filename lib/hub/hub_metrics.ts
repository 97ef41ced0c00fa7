/**
 * The page with the metrics of the hub, which Prometheus reads.
 *
 * @module
 */

import type { Session, SessionStatus } from "../sessions/types.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../system/clock.ts";
import { labelledMetric, singleMetric } from "../system/prometheus.ts";
import { versionId } from "../version.ts";
import type { RequestCount } from "./http/request_counts.ts";
import type { WebhookState } from "./webhooks/webhook_line.ts";

const STATUSES: readonly SessionStatus[] = ["starting", "idle", "active", "waiting_permission", "stopped", "error"];

/** Where the metrics come from. */
export interface HubMetricsSources {
  /** The sessions. */
  readonly sessions: Pick<Sessions, "list" | "permissions" | "lastEvent" | "isDaemonUp">;
  /** What the hub keeps. */
  readonly store: { readonly events: Pick<Store["events"], "bytes"> };
  /** Who may talk to the hub. */
  readonly access: { readonly failedSignIns: number };
  /** The connections that stay open. */
  readonly live: { readonly size: number };
  /** The requests at the web address. */
  readonly requests: { list(): readonly RequestCount[] };
  /** How it goes with each webhook. */
  readonly webhooks: readonly WebhookState[];
  /** When the hub started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** The source of time. */
  readonly clock: Clock;
}

/** Returns the page. */
export function hubMetrics(sources: HubMetricsSources): string {
  const { sessions, store, access, live, requests, startedAt, clock } = sources;
  const all = sessions.list();
  const gauge = (name: string, help: string, value: number) => singleMetric(name, "gauge", help, value);
  const counter = (name: string, help: string, value: number) => singleMetric(name, "counter", help, value);
  return [
    labelledMetric("claustrum_hub_info", "gauge", "The versions of the hub and of its runtime.", [
      { labels: { version: versionId(), runtime: Deno.version.deno }, value: 1 },
    ]),
    gauge(
      "claustrum_hub_uptime_seconds",
      "How long the hub has been running.",
      Math.max(0, clock.now() - startedAt) / 1000,
    ),
    gauge("claustrum_hub_daemon_up", "Whether the daemon can be reached.", sessions.isDaemonUp ? 1 : 0),
    sessionMetric(all),
    gauge(
      "claustrum_hub_prompts_queued",
      "Prompts that wait for their turn.",
      all.reduce((sum, { queue }) => sum + queue.length, 0),
    ),
    gauge("claustrum_hub_permissions_pending", "Permissions that wait for a person.", sessions.permissions().length),
    counter("claustrum_hub_events_total", "Events of all sessions, also those removed since.", sessions.lastEvent),
    gauge("claustrum_hub_events_stored_bytes", "What the stored events occupy, about.", store.events.bytes),
    gauge("claustrum_hub_live_connections", "Connections that follow events or show terminals.", live.size),
    labelledMetric(
      "claustrum_hub_http_requests_total",
      "counter",
      "Requests answered at the web address, by method and class of status.",
      requests.list().map(({ method, status, count }) => ({ labels: { method, status }, value: count })),
    ),
    counter("claustrum_hub_sign_in_failures_total", "Sign-ins that were refused.", access.failedSignIns),
    ...webhookMetrics(sources.webhooks),
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", Deno.memoryUsage().rss),
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", startedAt / 1000),
  ].join("");
}

function sessionMetric(sessions: readonly Session[]): string {
  const values = STATUSES.map((status) => ({
    labels: { status },
    value: sessions.filter((session) => session.status === status).length,
  }));
  return labelledMetric("claustrum_hub_sessions", "gauge", "Sessions by what they do.", values);
}

function webhookMetrics(webhooks: readonly WebhookState[]): string[] {
  const sum = (of: (state: WebhookState) => number) => webhooks.reduce((total, state) => total + of(state), 0);
  const name = "claustrum_hub_webhook_deliveries";
  return [
    singleMetric(`${name}_pending`, "gauge", "What webhooks still have to be told.", sum(({ pending }) => pending)),
    singleMetric(`${name}_total`, "counter", "What webhooks were told.", sum(({ delivered }) => delivered)),
    singleMetric(`${name}_failed_total`, "counter", "What webhooks could not be told.", sum(({ failed }) => failed)),
  ];
}

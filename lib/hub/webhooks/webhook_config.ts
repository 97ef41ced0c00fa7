/**
 * The key `webhooks`: which addresses are told of which events.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ConfigProblem } from "../config_problem.ts";

/** The events that webhooks are told of. */
const WEBHOOK_EVENTS = [
  "session.waiting_permission",
  "session.stopped",
  "session.error",
  "turn.finished",
] as const;

/** The name of an event. */
export type WebhookEvent = typeof WEBHOOK_EVENTS[number];

const FORMATS = ["json", "ntfy", "slack"] as const;

/** What a webhook is sent: JSON, or what ntfy or Slack understand. */
export type WebhookFormat = typeof FORMATS[number];

/** The most webhooks. */
const MAX_WEBHOOKS = 32;
const MIN_SECRET_LENGTH = 16;
const MEMBERS = ["url", "events", "format", "secret", "include_content"] as const;

/** An address that is told of events. */
export interface WebhookConfig {
  /** Tells webhooks apart in the database: it depends on the address and the format alone. */
  readonly key: string;
  /** The address, which may be a secret. */
  readonly url: string;
  /** What it is told of. */
  readonly events: readonly WebhookEvent[];
  /** What it is sent. */
  readonly format: WebhookFormat;
  /** The key of the signature; `undefined` for none. */
  readonly secret: string | undefined;
  /** Whether it is told what agents said, and what they want to do. */
  readonly includesContent: boolean;
}

type Parsed<T> = { readonly value: T } | { readonly problem: ConfigProblem };

/**
 * Parses the key `webhooks`.
 *
 * @returns The webhooks, or what is wrong with one.
 */
export function parseWebhooks(
  tables: readonly Readonly<Record<string, unknown>>[],
): Parsed<readonly WebhookConfig[]> {
  if (tables.length > MAX_WEBHOOKS) return { problem: { text: `has more than ${MAX_WEBHOOKS} entries` } };
  const webhooks: WebhookConfig[] = [];
  for (const [index, table] of tables.entries()) {
    const parsed = parseWebhook(table);
    if ("problem" in parsed) return { problem: { ...parsed.problem, index } };
    const same = webhooks.findIndex(({ key }) => key === parsed.value.key);
    if (same >= 0) {
      const text = `is that of webhooks[${same}], which has the same format, too: put the events of both into one`;
      return { problem: { index, member: "url", text } };
    }
    webhooks.push(parsed.value);
  }
  return { value: webhooks };
}

/** Returns how a webhook is named in the log and to people; addresses may be secrets, so that only the host is named. */
export function webhookName({ format, url }: Pick<WebhookConfig, "format" | "url">): string {
  return `${format} ${new URL(url).host}`;
}

function parseWebhook(table: Readonly<Record<string, unknown>>): Parsed<WebhookConfig> {
  const unknown = Object.keys(table).find((name) => !MEMBERS.some((member) => member === name));
  if (unknown !== undefined) return problem(unknown, `is not one of ${MEMBERS.join(", ")}`);
  const { url, events = WEBHOOK_EVENTS, format: formatName = "json", secret, include_content = false } = table;
  if (url === undefined) return { problem: { text: "has no url" } };
  const address = typeof url === "string" ? URL.parse(url) : null;
  if (address === null || (address.protocol !== "http:" && address.protocol !== "https:")) {
    return problem("url", 'must be an address that begins with "https://" or "http://"');
  }
  const known = parseEvents(events);
  if (known === undefined) {
    return problem("events", `must be a list of one or more of ${WEBHOOK_EVENTS.join(", ")}`);
  }
  const format = FORMATS.find((name) => name === formatName);
  if (format === undefined) return problem("format", `must be one of ${FORMATS.join(", ")}`);
  if (secret !== undefined && !(typeof secret === "string" && secret.length >= MIN_SECRET_LENGTH)) {
    return problem("secret", `must be a text of at least ${MIN_SECRET_LENGTH} characters`);
  }
  if (typeof include_content !== "boolean") return problem("include_content", "must be true or false");
  const key = createHash("sha256").update(`${format} ${address.href}`).digest("hex");
  return {
    value: { key, url: address.href, events: known, format, secret, includesContent: include_content },
  };
}

function problem(member: string, text: string): { readonly problem: ConfigProblem } {
  return { problem: { member, text } };
}

/** Returns `undefined` for an empty list, too: it would switch the webhook off without saying so. */
function parseEvents(value: unknown): readonly WebhookEvent[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const isKnown = value.every((name) => WEBHOOK_EVENTS.some((event) => event === name));
  return isKnown ? WEBHOOK_EVENTS.filter((event) => value.includes(event)) : undefined;
}

/**
 * What a webhook is sent for a notice: JSON as it is, or what ntfy or Slack show on a phone.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { versionId } from "../../version.ts";
import { type Notice, shownNotice } from "./notice.ts";
import type { WebhookConfig, WebhookEvent } from "./webhook_config.ts";

/** How much of what an agent said is shown in a message for people, in UTF-16 units. */
const MAX_SHOWN = 1_000;

/** A request. */
export interface WebhookRequest {
  /** The headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly body: string;
}

/** A notice with the hub's address. */
type ShownNotice = ReturnType<typeof shownNotice>;

/**
 * Returns the request that tells a webhook of a notice.
 *
 * @param url The hub's web address, if there is one.
 */
export function webhookRequest(
  { format, secret, includesContent }: Pick<WebhookConfig, "format" | "secret" | "includesContent">,
  notice: Notice,
  url: string | undefined,
): WebhookRequest {
  const { headers, body } = FORMATTERS[format](shownNotice(notice, { includesContent, url }));
  return {
    headers: {
      "accept-encoding": "identity",
      "user-agent": `claustrum/${versionId()}`,
      ...headers,
      ...(secret === undefined ? {} : { "x-claustrum-signature": `sha256=${signature(secret, body)}` }),
    },
    body,
  };
}

function signature(secret: string, body: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

const FORMATTERS: Readonly<Record<WebhookConfig["format"], (notice: ShownNotice) => WebhookRequest>> = {
  json: (notice) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(notice) }),
  ntfy: (notice) => ({
    headers: {
      "content-type": "text/plain; charset=utf-8",
      title: headerText(sentence(notice)),
      ...ntfyHeaders(notice),
      ...(notice.url === undefined ? {} : { click: pageOf(notice, notice.url) }),
    },
    body: [`on ${notice.host}`, ...contentLines(notice)].join("\n"),
  }),
  slack: (notice) => {
    const link = notice.url === undefined ? "" : ` <${escapeSlack(pageOf(notice, notice.url))}|open>`;
    const lines = [`${sentence(notice)} on ${notice.host}`, ...contentLines(notice)].map(escapeSlack);
    return {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: `${lines.join("\n")}${link}` }),
    };
  },
};

/** How loud the phone is, from 1 to 5, and the name of the emoji before the title. */
const NTFY: Readonly<Record<WebhookEvent, { readonly priority: string; readonly tags: string }>> = {
  "session.waiting_permission": { priority: "4", tags: "question" },
  "session.stopped": { priority: "3", tags: "stop_button" },
  "session.error": { priority: "4", tags: "rotating_light" },
  "turn.finished": { priority: "3", tags: "white_check_mark" },
};

function ntfyHeaders({ event, is_error }: ShownNotice): { readonly priority: string; readonly tags: string } {
  return NTFY[is_error ? "session.error" : event];
}

/** Returns the address of the page that shows what it is about. */
function pageOf({ session, permission }: ShownNotice, url: string): string {
  return permission === undefined ? `${url}/sessions/${session.id}` : `${url}/permissions/${permission.id}`;
}

/** Says what happened, without a full stop. */
function sentence({ event, session: { name }, permission, is_error }: ShownNotice): string {
  switch (event) {
    case "session.waiting_permission":
      return `${name} waits for a permission${permission === undefined ? "" : `: ${permission.tool_name}`}`;
    case "session.stopped":
      return `${name} has stopped`;
    case "session.error":
      return `${name} has failed`;
    case "turn.finished":
      return is_error ? `a turn of ${name} has failed` : `${name} has finished a turn`;
  }
}

/** Returns what people and agents said; nothing unless the notice contains it. */
function contentLines({ content = {} }: ShownNotice): string[] {
  const { description, input, result, reason } = content;
  const texts = [description, input === undefined ? undefined : JSON.stringify(input), result, reason];
  return texts.filter((text) => text !== undefined).map((text) =>
    text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN).replace(/[\ud800-\udbff]$/, "")}…`
  );
}

/** Returns a text as a header can have it: RFC 2047 encodes what is not printable ASCII. */
function headerText(text: string): string {
  if (/^[ -~]*$/.test(text) && !text.includes("=?")) return text;
  return `=?UTF-8?B?${new TextEncoder().encode(text).toBase64()}?=`;
}

function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

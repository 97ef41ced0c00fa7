/**
 * Checks the values of `hub.toml` that have a form of their own. Each check returns what is wrong with a value of the
 * right kind; `undefined` if nothing is.
 *
 * @module
 */

import { isLoopback, parseListen } from "./access/addresses.ts";
import { parseAllowedHost } from "./access/allowed_hosts.ts";
import { isPasswordHash } from "./access/password_hash.ts";
import { parseProxy } from "./access/proxy.ts";
import { parseIpRange } from "../projects/ip_address.ts";
import { parsePrices } from "../projects/prices.ts";
import type { ConfigProblem } from "./config_problem.ts";
import { parseLinks } from "./links/link_config.ts";
import { parseNats } from "./nats/nats_config.ts";
import { parsePushHost } from "./push/push_hosts.ts";
import { parseWebhooks } from "./webhooks/webhook_config.ts";

/** Segments of a path that no part of a URL's syntax can be mistaken for, and which are neither `.` nor `..`. */
const BASE_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)*\/?$/;
/** What a client can send in a header. */
const TOKEN = /^[!-~]{16,}$/;

/** Checks the address to listen on. */
export function checkListen(text: string): ConfigProblem | undefined {
  const listen = parseListen(text);
  return text === "" || "address" in listen ? undefined : { text: listen.problem };
}

/** Checks the path below which the page is served. */
export function checkBasePath(text: string): ConfigProblem | undefined {
  if (BASE_PATH.test(text)) return undefined;
  return { text: `must be a path such as "/claustrum", or "" for none, not ${JSON.stringify(text)}` };
}

/** Checks the hash of a password. */
export function checkPasswordHash(text: string): ConfigProblem | undefined {
  return isPasswordHash(text) ? undefined : {
    text: "must be an argon2id hash, which it is not: claustrum hub hash-password makes one",
  };
}

/** Checks the table of a proxy. */
export function checkProxy(table: Readonly<Record<string, unknown>>): ConfigProblem | undefined {
  const parsed = parseProxy(table);
  return "problem" in parsed ? parsed.problem : undefined;
}

/** Checks names of hosts. */
export function checkAllowedHosts(names: readonly string[]): ConfigProblem | undefined {
  const wrong = names.find((name) => parseAllowedHost(name) === undefined);
  if (wrong === undefined) return undefined;
  return {
    text: `must be names such as "hub.example.org", with or without a port, not ${JSON.stringify(wrong)}`,
  };
}

/** Checks schemes of addresses to clone from. */
export function checkCloneSchemes(schemes: readonly string[]): ConfigProblem | undefined {
  const wrong = schemes.find((scheme) => !["https", "http", "ssh"].includes(scheme));
  return wrong === undefined
    ? undefined
    : { text: `must be some of "https", "http", "ssh", not ${JSON.stringify(wrong)}` };
}

/** Checks ranges of addresses. */
export function checkRanges(ranges: readonly string[]): ConfigProblem | undefined {
  const wrong = ranges.find((range) => parseIpRange(range) === undefined);
  if (wrong === undefined) return undefined;
  return { text: `must be ranges of addresses such as "10.0.0.0/8", not ${JSON.stringify(wrong)}` };
}

/** Checks the table of prices. */
export function checkPrices(table: Readonly<Record<string, unknown>>): ConfigProblem | undefined {
  const parsed = parsePrices(table);
  return typeof parsed === "string" ? { text: parsed } : undefined;
}

/** Checks the contact that push services are given. */
export function checkPushContact(text: string): ConfigProblem | undefined {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "https:" || protocol === "mailto:" && text.includes("@")) return undefined;
  return { text: `must be "mailto:you@example.org" or "https://example.org", not ${JSON.stringify(text)}` };
}

/** Checks names of push services. */
export function checkPushHosts(hosts: readonly string[]): ConfigProblem | undefined {
  const wrong = hosts.find((host) => parsePushHost(host) === undefined);
  if (wrong === undefined) return undefined;
  return { text: `must be names such as "push.example.org" or "*.example.org", not ${JSON.stringify(wrong)}` };
}

/** Checks the address at which environments are removed. */
export function checkReaperUrl(text: string): ConfigProblem | undefined {
  const url = URL.parse(text);
  const isPlain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (isPlain && (url.protocol === "https:" || url.protocol === "http:" && isLoopbackHost(url.hostname))) {
    return undefined;
  }
  return { text: `must be an address such as "https://api.anthropic.com"; only this machine may be reached by http` };
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
}

/** Checks the tables of webhooks. */
export function checkWebhooks(tables: readonly Readonly<Record<string, unknown>>[]): ConfigProblem | undefined {
  const parsed = parseWebhooks(tables);
  return "problem" in parsed ? parsed.problem : undefined;
}

/** Checks the tables of links. */
export function checkLinks(tables: readonly Readonly<Record<string, unknown>>[]): ConfigProblem | undefined {
  const parsed = parseLinks(tables);
  return "problem" in parsed ? parsed.problem : undefined;
}

/** Checks the table of NATS. */
export function checkNats(table: Readonly<Record<string, unknown>>): ConfigProblem | undefined {
  const parsed = parseNats(table);
  return "problem" in parsed ? parsed.problem : undefined;
}

/** Checks the token for metrics. */
export function checkMetricsToken(text: string): ConfigProblem | undefined {
  return TOKEN.test(text) ? undefined : { text: "must have at least 16 characters, all of them ASCII and no space" };
}

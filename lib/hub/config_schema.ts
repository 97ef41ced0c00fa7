/**
 * All keys of `hub.toml`: their types, their defaults and what they mean. A key is never removed, and its type never
 * changes.
 *
 * @module
 */

import {
  checkAllowedHosts,
  checkBasePath,
  checkCloneSchemes,
  checkLinks,
  checkListen,
  checkMetricsToken,
  checkNats,
  checkPasswordHash,
  checkPrices,
  checkProxy,
  checkPushContact,
  checkPushHosts,
  checkRanges,
  checkReaperUrl,
  checkWebhooks,
} from "./config_checks.ts";
import type { ConfigProblem } from "./config_problem.ts";
import { DEFAULT_PUSH_HOSTS } from "./push/push_hosts.ts";

/** The kinds of values, and the types that they are read as. */
export interface ConfigKinds {
  /** A text. */
  readonly string: string;
  /** On or off. */
  readonly boolean: boolean;
  /** A whole number from 0. */
  readonly integer: number;
  /** A number from 0. */
  readonly number: number;
  /** A list of texts. */
  readonly strings: readonly string[];
  /** A table of texts. */
  readonly texts: Readonly<Record<string, string>>;
  /** A list of tables, which is checked where it is used. */
  readonly tables: readonly Readonly<Record<string, unknown>>[];
  /** A table, which is checked where it is used. */
  readonly table: Readonly<Record<string, unknown>>;
}

/** The kind of a value. */
export type ConfigKind = keyof ConfigKinds;

/** A key. */
export interface KeySpec<K extends ConfigKind = ConfigKind> {
  /** The kind of its value. */
  readonly kind: K;
  /** The value of a key that is not given; absent if there is none. */
  readonly fallback?: ConfigKinds[K];
  /** The texts that are allowed. @default {all} */
  readonly choices?: readonly string[];
  /** The members that a table must not have, and why, in a sentence. @default {none} */
  readonly refused?: Readonly<Record<string, string>>;
  /** Returns what is wrong with a value of the right kind. @default {nothing is} */
  check?(value: ConfigKinds[K]): ConfigProblem | undefined;
  /** Whether the value is not shown. @default {false} */
  readonly isSecret?: boolean;
  /** What it is, in one line. */
  readonly help: string;
}

function key<K extends ConfigKind>(kind: K, help: string, more: Omit<KeySpec<K>, "kind" | "help"> = {}): KeySpec<K> {
  return { kind, help, ...more };
}

function choice(help: string, fallback: string, choices: readonly string[]): KeySpec<"string"> {
  return { kind: "string", help, fallback, choices };
}

const AGENT_FILES = "the hub looks for the agent's files where its own HOME says; set HOME for the hub and the daemon";

/** All keys, by their path. The keys of single projects are apart, for their names are the user's. */
export const CONFIG_KEYS = {
  "listen": key("string", 'the web address; "" for none', { fallback: "127.0.0.1:7621", check: checkListen }),
  "base_path": key("string", "the path of the page behind a proxy", { fallback: "", check: checkBasePath }),
  "tls.cert_file": key("string", "the certificate, for https"),
  "tls.key_file": key("string", "the key of the certificate"),
  "name": key("string", "the name of this hub (default: the host name)"),
  "log_format": choice("how log lines look", "text", ["text", "json"]),
  "log_level": choice("the least severe lines that are logged", "info", ["debug", "info", "warn", "error"]),
  "daemon.socket": key("string", "the socket of the daemon (default: the daemon's own)"),
  "agent.binary": key("string", "the agent CLI: a name that the daemon looks up, or a path", { fallback: "claude" }),
  "agent.env": key("texts", "variables for the agents", {
    fallback: {},
    isSecret: true,
    refused: { HOME: AGENT_FILES, CLAUDE_CONFIG_DIR: AGENT_FILES },
  }),
  "agent.path_append": key("strings", "directories after those of the agents' PATH", { fallback: [] }),
  "sessions.policy": choice("what happens with an agent's question by default", "ask", ["ask", "allow", "deny"]),
  "sessions.ask_timeout_seconds": key("integer", "after this time a question is denied; 0 for never", { fallback: 0 }),
  "sessions.tmux_prefix": key("string", "how the names of tmux sessions begin", { fallback: "claustrum-" }),
  "sessions.resume_lost": key("boolean", "resume sessions that a dead daemon has lost", { fallback: false }),
  "sessions.max": key("integer", "how many agents may run; 0 for no limit", { fallback: 50 }),
  "sessions.idle_stop_minutes": key("integer", "stop agents that are idle for so long; 0 for never", { fallback: 0 }),
  "sessions.max_cost_usd": key("number", "over this cost a session waits for a person; 0 for no limit", {
    fallback: 0,
  }),
  "events.keep_days": key("integer", "how long events are kept; 0 forever", { fallback: 30 }),
  "events.keep_mb": key("integer", "how much the kept events may occupy; 0 for no limit", { fallback: 1024 }),
  "projects.root": key("string", "the directory whose directories are the projects"),
  "clone.schemes": key("strings", "from where a project may be cloned", {
    fallback: ["https", "ssh"],
    check: checkCloneSchemes,
  }),
  "clone.allow_private_hosts": key("boolean", "whether that may be a private address", { fallback: false }),
  "clone.allowed_cidrs": key("strings", "private addresses that are allowed all the same", {
    fallback: [],
    check: checkRanges,
  }),
  "clone.max_mb": key("integer", "the largest clone; 0 for no limit", { fallback: 2048 }),
  "clone.timeout_seconds": key("integer", "how long a clone may take; 0 for no limit", { fallback: 300 }),
  "remote.max": key("integer", "how many remote-control instances may run; 0 for no limit", { fallback: 10 }),
  "remote.mode": choice("the mode of new instances", "standard", ["standard", "pty"]),
  "remote.auto_enable": key("boolean", "acknowledge remote control on the user's behalf", { fallback: true }),
  "remote.grace_seconds": key("integer", "how long an instance may take to be ready", { fallback: 60 }),
  "remote.restart": choice("when an instance is started again", "off", ["off", "on-crash"]),
  "remote.poll_seconds": key("integer", "how often to look for sessions of others", { fallback: 30 }),
  "remote.capacity": key("integer", "how many sessions a server may run; 0 for the agent CLI's own limit", {
    fallback: 0,
  }),
  "remote.session_name_prefix": key(
    "string",
    "how the names of a server's sessions begin (default: the agent CLI's own)",
  ),
  "remote.verbose": key("boolean", "whether servers log in detail", { fallback: false }),
  "remote.recap": key("boolean", "whether a session starts with a recap of the last one", { fallback: false }),
  "remote.recap_max_chars": key("integer", "the length of a recap", { fallback: 8000 }),
  "usage.mode": choice("what is shown of the usage", "cost", ["cost", "tokens", "off"]),
  "usage.prices": key("table", "prices of models that differ from the built-in ones", {
    fallback: {},
    check: checkPrices,
  }),
  "reaper.ui": key("boolean", "without effect: the page removes no environments; `claustrum remote reap` does", {
    fallback: false,
  }),
  "reaper.base_url": key("string", "where the vendor's list of environments is", {
    fallback: "https://api.anthropic.com",
    check: checkReaperUrl,
  }),
  "logs.redact_on_disk": key("boolean", "whether secrets are masked in log files, too", { fallback: false }),
  "auth.password_hash": key("string", "an argon2id hash: claustrum hub hash-password", {
    isSecret: true,
    check: checkPasswordHash,
  }),
  "auth.proxy": key("table", "a reverse proxy that signs users in", { isSecret: true, check: checkProxy }),
  "auth.disabled": key("boolean", "whether signing in is not required", { fallback: false }),
  "auth.allow_unauthenticated_network": key("boolean", "allow that beyond this machine", { fallback: false }),
  "auth.allowed_hosts": key("strings", "names under which the page is reached", {
    fallback: [],
    check: checkAllowedHosts,
  }),
  "metrics.token": key("string", "the token that reads /metrics; without one there are no metrics", {
    isSecret: true,
    check: checkMetricsToken,
  }),
  "push.enabled": key("boolean", "whether phones are told of events while no page is open: Web Push", {
    fallback: false,
  }),
  "push.contact": key("string", "how push services reach you: mailto:… or https://…; needed for push.enabled", {
    check: checkPushContact,
  }),
  "push.hosts": key("strings", "the push services of browsers", {
    fallback: DEFAULT_PUSH_HOSTS,
    check: checkPushHosts,
  }),
  "webhooks": key("tables", "addresses that are told of events", {
    fallback: [],
    isSecret: true,
    check: checkWebhooks,
  }),
  "hosts": key("table", "other machines", { fallback: {}, isSecret: true }),
  "links": key("tables", "hubs that this one dials: { url, key_file, ca_file?, allow_insecure? }", {
    fallback: [],
    check: checkLinks,
  }),
  "nats": key("table", "a NATS server that connects many machines: { url, creds or nkey_file, ca_file, stream }", {
    check: checkNats,
  }),
} as const satisfies Record<string, KeySpec>;

/** The path of a key. */
export type ConfigKey = keyof typeof CONFIG_KEYS;

/** The value of each key. */
export type ConfigValues = {
  readonly [K in ConfigKey]: typeof CONFIG_KEYS[K] extends { readonly kind: infer N extends ConfigKind }
    ? ConfigKinds[N] | undefined
    : never;
};

/** The keys of a single project. */
export const PROJECT_KEYS = {
  "allow_bypass_permissions": key("boolean", "whether agents there may run without permissions", { fallback: false }),
} as const satisfies Record<string, KeySpec>;

/** Describes what a kind of value is, for messages. */
export function describeKind({ kind, choices }: KeySpec): string {
  if (choices !== undefined) return `one of ${choices.map((text) => `"${text}"`).join(", ")}`;
  return KIND_NAMES[kind];
}

const KIND_NAMES: Readonly<Record<ConfigKind, string>> = {
  string: "a text",
  boolean: "true or false",
  integer: "a whole number from 0",
  number: "a number from 0",
  strings: "a list of texts",
  texts: "a table of texts",
  tables: "a list of tables",
  table: "a table",
};

/** Whether a value is of a key's kind. */
export function isOfKind(value: unknown, { kind, choices }: KeySpec): value is ConfigKinds[ConfigKind] {
  switch (kind) {
    case "string":
      return typeof value === "string" && (choices?.includes(value) ?? true);
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isSafeInteger(value) && Number(value) >= 0;
    case "number":
      return Number.isFinite(value) && Number(value) >= 0;
    case "strings":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "texts":
      return isTable(value) && Object.values(value).every((item) => typeof item === "string");
    case "tables":
      return Array.isArray(value) && value.every(isTable);
    case "table":
      return isTable(value);
  }
}

/** Whether a value is a table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Reads the value of an environment variable; `undefined` if it is malformed, or the key is not a scalar. */
export function readScalar(text: string, spec: KeySpec): string | number | boolean | undefined {
  const value = spec.kind === "string"
    ? text
    : spec.kind === "boolean"
    ? ({ true: true, false: false } as Record<string, boolean>)[text.toLowerCase()]
    : /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : undefined;
  return isOfKind(value, spec) ? value : undefined;
}

/** Whether a variable of the environment can override a key. */
export function isScalar({ kind }: KeySpec): boolean {
  return kind === "string" || kind === "boolean" || kind === "integer" || kind === "number";
}

/** Returns the variable that overrides a key. */
export function variableOf(path: string): string {
  return `CLAUSTRUM_${path.replaceAll(".", "_").toUpperCase()}`;
}

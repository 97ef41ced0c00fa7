/**
 * The configuration as the parts of the hub use it.
 *
 * @module
 */

import type { LogLevel } from "../system/log.ts";
import type { PermissionPolicy } from "../sessions/types.ts";
import type { CloneConfig } from "../projects/clones.ts";
import { parseIpRange } from "../projects/ip_address.ts";
import { parsePrices } from "../projects/prices.ts";
import type { UsageConfig } from "../projects/usage_summary.ts";
import { type ListenAddress, parseListen } from "./access/addresses.ts";
import { type Host, parseAllowedHost } from "./access/allowed_hosts.ts";
import { parseProxy, type ProxyConfig } from "./access/proxy.ts";
import { type ConfigEntry, ConfigError, sourceText } from "./config_entry.ts";
import type { ConfigValues } from "./config_schema.ts";
import { type LinkConfig, parseLinks } from "./links/link_config.ts";
import { type NatsConfig, parseNats } from "./nats/nats_config.ts";
import type { PushConfig } from "./push/push.ts";
import { parsePushHost } from "./push/push_hosts.ts";
import { keyText } from "./toml_lines.ts";
import { parseWebhooks, type WebhookConfig } from "./webhooks/webhook_config.ts";

/** The files for https. */
export interface TlsConfig {
  /** The file of the certificate. */
  readonly certFile: string;
  /** The file of its key. */
  readonly keyFile: string;
}

/** The web address. */
export interface WebConfig {
  /** Where the hub listens; `undefined` for nowhere. */
  readonly listen: ListenAddress | undefined;
  /** Whether the user has said where to listen. */
  readonly isListenConfigured: boolean;
  /** The path before all others, such as `/hub`; empty for none. */
  readonly basePath: string;
  /** The files for https; `undefined` for http. */
  readonly tls: TlsConfig | undefined;
}

/** Who may talk to the hub over the network. */
export interface AuthConfig {
  /** The argon2id hash of the password; `undefined` if there is none. */
  readonly passwordHash: string | undefined;
  /** The reverse proxy that signs users in; `undefined` if there is none. */
  readonly proxy: ProxyConfig | undefined;
  /** Whether signing in is not required. */
  readonly isDisabled: boolean;
  /** Whether other machines may reach a hub that does not keep them out. */
  readonly allowsUnauthenticatedNetwork: boolean;
  /** The names under which the hub is reached, besides those of this machine. */
  readonly allowedHosts: readonly Host[];
}

/** The configuration of a hub, as its parts use it. */
export interface HubConfig {
  /** The name of the hub; `undefined` for the host name. */
  readonly name: string | undefined;
  /** How log lines look. */
  readonly logFormat: "text" | "json";
  /** The least severe lines that are logged. */
  readonly logLevel: LogLevel;
  /** The socket of the daemon; `undefined` for the default one. */
  readonly daemonSocket: string | undefined;
  /** How agents are started. */
  readonly agent: {
    readonly binary: string;
    readonly env: Readonly<Record<string, string>>;
    readonly pathAppend: readonly string[];
  };
  /** How sessions behave; limits of 0 are none. */
  readonly sessions: {
    readonly policy: PermissionPolicy;
    readonly askTimeoutSeconds: number;
    readonly tmuxPrefix: string;
    readonly resumeLost: boolean;
    readonly max: number;
    readonly idleStopMinutes: number;
    readonly maxCostUsd: number;
  };
  /** How long events are kept; limits of 0 are none. */
  readonly events: { readonly keepDays: number; readonly keepMb: number };
  /** The web address. */
  readonly web: WebConfig;
  /** Who may talk to the hub over the network. */
  readonly auth: AuthConfig;
  /** The token of `/metrics`; without one there are no metrics. */
  readonly metricsToken: string | undefined;
  /** Web Push; `undefined` if it is off. */
  readonly push: PushConfig | undefined;
  /** The NATS that connects many machines; `undefined` if there is none. */
  readonly nats: NatsConfig | undefined;
  /** The addresses that are told of events. */
  readonly webhooks: readonly WebhookConfig[];
  /** The hubs that this one dials. */
  readonly links: readonly LinkConfig[];
  /** Remote control; a limit of 0 is none. */
  readonly remote: {
    readonly max: number;
    readonly mode: "standard" | "pty";
    readonly autoEnable: boolean;
    readonly graceSeconds: number;
    readonly restartsOnCrash: boolean;
    readonly pollSeconds: number;
    readonly capacity: number;
    readonly sessionNamePrefix: string | undefined;
    readonly isVerbose: boolean;
    readonly hasRecap: boolean;
    readonly recapMaxChars: number;
  };
  /** Whether secrets are masked in log files, too. */
  readonly redactsLogsOnDisk: boolean;
  /** The projects. */
  readonly projects: {
    /** The directory of the projects; `undefined` if there is none. */
    readonly root: string | undefined;
    /** Whether agents in a directory may run without permissions. */
    allowsBypass(path: string): boolean;
  };
  /** What may be cloned into a new project. */
  readonly clone: CloneConfig;
  /** What is shown of the usage. */
  readonly usage: UsageConfig;
  /** Environments on the vendor's server. */
  readonly reaper: {
    /** Where the vendor's list is. */
    readonly baseUrl: string;
  };
}

/**
 * Returns the configuration as the parts of the hub use it.
 *
 * @param entries The values of all keys, which have been checked one by one.
 * @param projects The values of the keys of projects.
 * @throws {ConfigError} If values do not go together.
 */
export function toHubConfig(entries: readonly ConfigEntry[], projects: readonly ConfigEntry[]): HubConfig {
  const values = Object.fromEntries(entries.map(({ key, value }) => [key, value])) as ConfigValues;
  const bypass = new Set(
    projects.filter(({ key, value }) => key.endsWith(".allow_bypass_permissions") && value === true).map(({ key }) =>
      key.slice(0, -".allow_bypass_permissions".length)
    ),
  );
  const root = values["projects.root"]?.replace(/(?<=.)\/+$/, "");
  return {
    name: values["name"],
    logFormat: values["log_format"] as HubConfig["logFormat"],
    logLevel: values["log_level"] as LogLevel,
    daemonSocket: values["daemon.socket"],
    agent: {
      binary: values["agent.binary"]!,
      env: values["agent.env"]!,
      pathAppend: values["agent.path_append"]!,
    },
    sessions: {
      policy: values["sessions.policy"] as PermissionPolicy,
      askTimeoutSeconds: values["sessions.ask_timeout_seconds"]!,
      tmuxPrefix: values["sessions.tmux_prefix"]!,
      resumeLost: values["sessions.resume_lost"]!,
      max: values["sessions.max"]!,
      idleStopMinutes: values["sessions.idle_stop_minutes"]!,
      maxCostUsd: values["sessions.max_cost_usd"]!,
    },
    events: { keepDays: values["events.keep_days"]!, keepMb: values["events.keep_mb"]! },
    web: toWebConfig(entries, values),
    auth: toAuthConfig(values),
    metricsToken: values["metrics.token"],
    push: toPushConfig(entries, values),
    nats: toNatsConfig(values),
    webhooks: toWebhooks(values),
    links: toLinks(values),
    remote: toRemoteConfig(values),
    redactsLogsOnDisk: values["logs.redact_on_disk"]!,
    projects: { root, allowsBypass: (path) => allowsBypass(path, root, bypass) },
    clone: toCloneConfig(values),
    usage: toUsageConfig(values),
    reaper: { baseUrl: values["reaper.base_url"]! },
  };
}

function toRemoteConfig(values: ConfigValues): HubConfig["remote"] {
  return {
    max: values["remote.max"]!,
    mode: values["remote.mode"] === "pty" ? "pty" : "standard",
    autoEnable: values["remote.auto_enable"]!,
    graceSeconds: values["remote.grace_seconds"]!,
    restartsOnCrash: values["remote.restart"] === "on-crash",
    pollSeconds: values["remote.poll_seconds"]!,
    capacity: values["remote.capacity"]!,
    sessionNamePrefix: values["remote.session_name_prefix"],
    isVerbose: values["remote.verbose"]!,
    hasRecap: values["remote.recap"]!,
    recapMaxChars: values["remote.recap_max_chars"]!,
  };
}

function toWebConfig(entries: readonly ConfigEntry[], values: ConfigValues): WebConfig {
  const listen = parseListen(values["listen"]!);
  return {
    listen: "address" in listen ? listen.address : undefined,
    isListenConfigured: entries.some(({ key, source }) => key === "listen" && source.kind !== "default"),
    basePath: values["base_path"]!.replace(/\/$/, ""),
    tls: toTlsConfig(entries, values),
  };
}

function toTlsConfig(entries: readonly ConfigEntry[], values: ConfigValues): TlsConfig | undefined {
  const [certFile, keyFile] = [values["tls.cert_file"], values["tls.key_file"]];
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  const given = entries.find(({ key, value }) => key.startsWith("tls.") && value !== undefined);
  if (given === undefined) return undefined;
  const other = given.key === "tls.cert_file" ? "tls.key_file" : "tls.cert_file";
  throw new ConfigError(`${sourceText(given.source)}: ${given.key} is set without ${other}: set both or neither`);
}

function toAuthConfig(values: ConfigValues): AuthConfig {
  const proxy = parseProxy(values["auth.proxy"] ?? {});
  return {
    passwordHash: values["auth.password_hash"],
    proxy: "proxy" in proxy ? proxy.proxy : undefined,
    isDisabled: values["auth.disabled"]!,
    allowsUnauthenticatedNetwork: values["auth.allow_unauthenticated_network"]!,
    allowedHosts: values["auth.allowed_hosts"]!.map(parseAllowedHost).filter((host) => host !== undefined),
  };
}

function toCloneConfig(values: ConfigValues): CloneConfig {
  return {
    schemes: values["clone.schemes"]!,
    allowPrivate: values["clone.allow_private_hosts"]!,
    allowed: values["clone.allowed_cidrs"]!.map(parseIpRange).filter((range) => range !== undefined),
    maxMb: values["clone.max_mb"]!,
    timeoutSeconds: values["clone.timeout_seconds"]!,
  };
}

function toUsageConfig(values: ConfigValues): UsageConfig {
  const prices = parsePrices(values["usage.prices"]!);
  return { mode: values["usage.mode"] as UsageConfig["mode"], prices: typeof prices === "string" ? {} : prices };
}

function toPushConfig(entries: readonly ConfigEntry[], values: ConfigValues): PushConfig | undefined {
  if (!values["push.enabled"]) return undefined;
  const contact = values["push.contact"];
  if (contact === undefined) {
    const source = entries.find(({ key }) => key === "push.enabled")?.source ?? { kind: "default" };
    throw new ConfigError(
      `${sourceText(source)}: push.enabled is set without push.contact: push services want to know whom to ask`,
    );
  }
  return { contact, hosts: values["push.hosts"]!.map(parsePushHost).filter((host) => host !== undefined) };
}

function toLinks(values: ConfigValues): readonly LinkConfig[] {
  const links = parseLinks(values["links"]!);
  return "value" in links ? links.value : [];
}

function toNatsConfig(values: ConfigValues): NatsConfig | undefined {
  const nats = parseNats(values["nats"] ?? {});
  return "value" in nats ? nats.value : undefined;
}

function toWebhooks(values: ConfigValues): readonly WebhookConfig[] {
  const webhooks = parseWebhooks(values["webhooks"]!);
  return "value" in webhooks ? webhooks.value : [];
}

/** A project is named by its path, or by its name if it is directly below the root. */
function allowsBypass(path: string, root: string | undefined, bypass: ReadonlySet<string>): boolean {
  if (path.startsWith("/") && bypass.has(keyText(["projects", path]))) return true;
  const slash = path.lastIndexOf("/");
  return root !== undefined && slash > 0 && path.slice(0, slash) === root &&
    bypass.has(keyText(["projects", path.slice(slash + 1)]));
}

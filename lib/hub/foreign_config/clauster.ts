/**
 * The configuration of clauster, `clauster.yml`, and how it is translated.
 *
 * @module
 */

import { isTable } from "../config_schema.ts";
import { keyText } from "../toml_lines.ts";
import { CLAUSTER_SETTINGS } from "./clauster_settings.ts";
import type { ForeignFormat, ForeignSettings } from "./foreign_settings.ts";
import { expandHome, logLevel } from "./values.ts";
import type { Translation } from "./translation.ts";

/** The format of clauster's file. */
export const CLAUSTER: ForeignFormat = {
  name: "clauster",
  settings: CLAUSTER_SETTINGS,
  variablePrefix: "CLAUSTER_",
  otherVariables: [
    "CLAUSTER_CONFIG",
    "CLAUSTER_HOME",
    "CLAUSTER_PYTE_PATH",
    "CLAUSTER_SESSION_SECRET",
    "CLAUSTER_SESSION_SECRET_FILE",
  ],
};

/**
 * Translates what is more than another name.
 *
 * @param home The user's home directory, which a `~` stands for.
 */
export function translateClauster(from: ForeignSettings, to: Translation, home: string | undefined): void {
  translateListen(from, to);
  translatePaths(from, to, home);
  translateClaude(from, to);
  translateProjects(from, to);
  translateOrigins(from, to);
  translateProxy(from, to);
  translateClone(from, to);
  translateUsage(from, to);
  translateWebhooks(from, to);
}

function translateListen(from: ForeignSettings, to: Translation): void {
  if (!from.has("host") && !from.has("port")) return;
  const name = from.text("host") ?? "127.0.0.1";
  const host = name === "localhost" ? "127.0.0.1" : name;
  const port = from.number("port") ?? 7621;
  to.set("listen", `${host.includes(":") ? `[${host}]` : host}:${port}`, "host and port");
}

function translatePaths(from: ForeignSettings, to: Translation, home: string | undefined): void {
  const paths = {
    "projects_root": "projects.root",
    "tls.cert_file": "tls.cert_file",
    "tls.key_file": "tls.key_file",
    "claude.binary": "agent.binary",
  } as const;
  const hasBothFiles = from.has("tls.cert_file") && from.has("tls.key_file");
  for (const [path, key] of Object.entries(paths)) {
    const value = from.text(path);
    if (value === undefined) continue;
    if (path.startsWith("tls.") && !hasBothFiles) to.lose(from.describe(path), "the other file of the pair is missing");
    else to.set(key, expandHome(value, home), path);
  }
  if (!from.has("claude.path_append")) return;
  const directories = from.texts("claude.path_append").map((each) => expandHome(each, home));
  to.set("agent.path_append", directories, "claude.path_append");
}

function translateClaude(from: ForeignSettings, to: Translation): void {
  const level = from.text("log_level");
  if (level !== undefined) to.set("log_level", logLevel(level), "log_level");
  const mode = from.has("claude.launch_mode") ? "claude.launch_mode" : "claude.resume_mode";
  if (from.has(mode)) to.set("remote.mode", from.text(mode), mode);
  const grace = from.number("claude.startup_grace_seconds");
  if (grace !== undefined) to.set("remote.grace_seconds", Math.ceil(grace), "claude.startup_grace_seconds");
  if (!from.has("claude.env")) return;
  const env = Object.entries(from.table("claude.env")).map(([name, value]) => [name, textOf(value)]);
  to.set("agent.env", Object.fromEntries(env), "claude.env");
}

/** Variables are texts, also those that YAML reads as something else. */
function textOf(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function translateProjects(from: ForeignSettings, to: Translation): void {
  for (const [project, settings] of Object.entries(from.table("projects"))) {
    if (settings === null) continue; // nothing is said about it
    if (!isTable(settings)) to.meetUnknown(keyText(["projects", project]));
    for (const [name, value] of Object.entries(isTable(settings) ? settings : {})) {
      const path = keyText(["projects", project, name]);
      if (name !== "allow_bypass_permissions") to.meetUnknown(path);
      else if (value !== null) to.setProject(project, name, value, path);
    }
  }
}

function translateOrigins(from: ForeignSettings, to: Translation): void {
  const origins = from.texts("auth.allowed_origins");
  if (origins.length === 0) return;
  const hosts = origins.map((origin) => ({ origin, host: URL.parse(origin)?.host ?? "" }));
  for (const { origin } of hosts.filter(({ host }) => host === "")) {
    to.lose(`auth.allowed_origins, ${JSON.stringify(origin)}`, "left out, because it is no address");
  }
  const names = [...new Set(hosts.map(({ host }) => host).filter((host) => host !== ""))];
  if (names.length > 0) to.set("auth.allowed_hosts", names, "auth.allowed_origins");
}

function translateProxy(from: ForeignSettings, to: Translation): void {
  const own = ["user_header", "shared_secret_header", "trusted_ips", "shared_secret"].map((name) =>
    `auth.reverse_proxy.${name}`
  );
  if (!from.flag("auth.reverse_proxy.enabled")) {
    for (const path of own.filter((path) => from.has(path))) {
      to.lose(path, "left out, because auth.reverse_proxy.enabled is off");
    }
    return;
  }
  const secret = from.text("auth.reverse_proxy.shared_secret");
  const table = {
    trusted_ips: from.texts("auth.reverse_proxy.trusted_ips"),
    user_header: from.text("auth.reverse_proxy.user_header") ?? "Remote-User",
    signature_header: from.text("auth.reverse_proxy.shared_secret_header") ?? "X-Proxy-Auth",
    ...(secret === undefined ? {} : { secret }),
  };
  to.set("auth.proxy", table, "auth.reverse_proxy");
  to.hint("auth.proxy: see that your proxy signs USER:SECONDS:METHOD:PATH and sends t=SECONDS,v1=HEX");
}

function translateClone(from: ForeignSettings, to: Translation): void {
  const isOff = from.flag("clone.enabled") === false;
  if (isOff) to.set("clone.schemes", [], "clone.enabled");
  else if (from.has("clone.allowed_schemes")) {
    to.set("clone.schemes", from.texts("clone.allowed_schemes"), "clone.allowed_schemes");
  }
  if (isOff) to.hint("clone.enabled is off: clone.schemes = [] refuses every clone; empty projects can still be made");
}

function translateUsage(from: ForeignSettings, to: Translation): void {
  const mode = from.value("usage.mode");
  // An older YAML reads the word off as false.
  if (mode !== undefined) to.set("usage.mode", mode === false ? "off" : mode, "usage.mode");
  else if (from.flag("usage.show_cost") === false) to.set("usage.mode", "off", "usage.show_cost");
}

/** The events that have a counterpart, and whether they are told if nothing is said. */
const EVENTS: Readonly<Record<string, { readonly isDefault: boolean; readonly to?: string }>> = {
  "spawn": { isDefault: true },
  "ready": { isDefault: true },
  "stop": { isDefault: true, to: "session.stopped" },
  "crash": { isDefault: true, to: "session.error" },
  "bg-settled": { isDefault: false },
  "permission-needed": { isDefault: false, to: "session.waiting_permission" },
  "clone-done": { isDefault: false },
};

function translateWebhooks(from: ForeignSettings, to: Translation): void {
  const urls = from.texts("webhooks.urls");
  const given = from.table("webhooks.events");
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(EVENTS, name)) to.meetUnknown(keyText(["webhooks", "events", name]));
  }
  if (urls.length === 0) return;
  if (!from.flag("webhooks.enabled")) {
    to.lose("webhooks.urls", "left out, because webhooks.enabled is off");
    return;
  }
  const wanted = Object.entries(EVENTS).filter(([name, { isDefault }]) => given[name] ?? isDefault);
  for (const [name] of wanted.filter(([, event]) => event.to === undefined)) {
    to.lose(`webhooks.events.${name}`, "webhooks are not told of that");
  }
  const events = wanted.flatMap(([, event]) => event.to ?? []);
  if (events.length === 0) return;
  to.set("webhooks", urls.map((url) => ({ url, events })), "webhooks");
  to.hint("webhooks are told of sessions, not of remote control, and the JSON differs: see OPERATIONS.md");
}

/**
 * The two configurations of CCRM: that of its daemon, and that of its server.
 *
 * @module
 */

import type { ForeignFormat, ForeignSettings } from "./foreign_settings.ts";
import { expandHome, logLevel } from "./values.ts";
import type { Translation } from "./translation.ts";

/** Where a server expects daemons. */
const LINK_PATH = "/ws/daemon";

/** The format of the daemon's file, `config.yaml`. */
export const CCRM_DAEMON: ForeignFormat = {
  name: "CCRM's daemon",
  settings: {
    "server.url": { kind: "text" },
    "server.api_key": { kind: "text" },
    "daemon.socket_path": { kind: "text", why: "the hub's socket is hub.sock in its state directory" },
    "daemon.tmux_prefix": { kind: "text", to: "sessions.tmux_prefix" },
    "daemon.log_level": { kind: "text" },
    "claude.binary": { kind: "text" },
  },
};

/** The format of the server's file, `server.yaml`. */
export const CCRM_SERVER: ForeignFormat = {
  name: "CCRM's server",
  settings: {
    "server.listen": { kind: "text" },
    "database.path": { kind: "text", why: "the hub has a database of its own, which --state-dir places" },
    "auth.daemon_api_key": { kind: "text", why: "each host has a key of its own here" },
    "auth.dashboard_token": { kind: "text", why: "the hub makes its own token, which claustrum hub token prints" },
  },
};

/** Translates what is more than another name, of the daemon's file. */
export function translateCcrmDaemon(from: ForeignSettings, to: Translation, home: string | undefined): void {
  const level = from.text("daemon.log_level");
  if (level !== undefined) to.set("log_level", logLevel(level), "daemon.log_level");
  const binary = from.text("claude.binary");
  if (binary !== undefined) to.set("agent.binary", expandHome(binary, home), "claude.binary");
  translateLink(from, to, home);
}

/** The key goes into a file of its own: it is a secret, and the hub reads it from there. */
function translateLink(from: ForeignSettings, to: Translation, home: string | undefined): void {
  const text = from.text("server.url");
  if (text === undefined) {
    if (from.has("server.api_key")) to.lose("server.api_key", "left out, because there is no server.url");
    return;
  }
  const url = linkUrl(text);
  if (url === undefined) {
    to.lose("server.url", "left out, because it is no address that begins with https, http, wss or ws");
    return;
  }
  const file = expandHome("~/.config/claustrum/link.key", home);
  to.set("links", [{ url, key_file: file }], "server.url");
  to.hint(`links: the hub at the other end has to make a key for this host; write it into ${file}, with chmod 600`);
  if (url.startsWith("ws:")) to.hint("links: over ws:// the key crosses the network in the clear; use wss://");
}

function linkUrl(text: string): string | undefined {
  const url = URL.parse(text);
  const scheme = { "https:": "wss:", "wss:": "wss:", "http:": "ws:", "ws:": "ws:" }[url?.protocol ?? ""];
  if (url === null || scheme === undefined || url.username !== "" || url.password !== "") return undefined;
  return `${scheme}//${url.host}${url.pathname === "/" ? LINK_PATH : url.pathname}`;
}

/** Translates what is more than another name, of the server's file. */
export function translateCcrmServer(from: ForeignSettings, to: Translation): void {
  const listen = from.text("server.listen");
  // Without a host it is every address of the machine.
  if (listen !== undefined) to.set("listen", listen.startsWith(":") ? `0.0.0.0${listen}` : listen, "server.listen");
}

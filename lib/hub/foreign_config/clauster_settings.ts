/**
 * The settings of `clauster.yml`, and what each means here.
 *
 * @module
 */

import type { ConfigKey } from "../config_schema.ts";
import type { Setting, SettingKind } from "./foreign_settings.ts";

/** The setting means the same under another name. */
const same = (kind: SettingKind, to: ConfigKey): Setting => ({ kind, to });
/** The setting has no counterpart, whatever its value is. */
const absent = (kind: SettingKind, why: string): Setting => ({ kind, why });
/** The setting has no counterpart, and one value is how things are here anyway. */
const fixed = (kind: SettingKind, value: string | number | boolean, why: string): Setting => ({
  kind,
  fixed: value,
  why,
});
/** The setting is translated together with others. */
const part = (kind: SettingKind): Setting => ({ kind });

const ROTATION = "the logs of remote control rotate at 10 MB, and 5 files are kept for 30 days";
const AT_START = "it is chosen for each instance when that is started";
const METRICS = "what instances use is measured every 4 seconds while somebody looks";
const NOTIFICATIONS = "phones are told with Web Push (push.enabled) or by webhooks, which know ntfy and Slack";
const NO_EDITOR = "the page does not change the agent's own settings";
const DAEMON = "the hub starts the daemon that belongs to it: daemon.socket names another one";
const NO_PROVISION = "certificates are not made here: set tls.cert_file and tls.key_file";

/** The settings by their paths. */
export const CLAUSTER_SETTINGS: Readonly<Record<string, Setting>> = {
  "schema_version": fixed("number", 1, "only version 1 is known: look at the values with care"),
  "projects_root": part("text"),
  "host": part("text"),
  "port": part("number"),
  "state_dir": absent("text", "the hub has a database of its own, which --state-dir places"),
  "root_path": same("text", "base_path"),
  "log_format": same("text", "log_format"),
  "log_level": part("text"),
  "instance_name": same("text", "name"),
  "tls.cert_file": part("text"),
  "tls.key_file": part("text"),
  "tls.provision": fixed("any", "off", NO_PROVISION),
  "claude.binary": part("text"),
  "claude.min_version": fixed("any", "2.1.145", "the least version is 2.1.145: claustrum doctor checks it"),
  "claude.auto_enable_remote_control": same("flag", "remote.auto_enable"),
  "claude.startup_grace_seconds": part("number"),
  "claude.agents_json_poll_interval_seconds": same("number", "remote.poll_seconds"),
  "claude.launch_mode": part("text"),
  "claude.resume_mode": part("text"),
  "claude.resume_recap": same("flag", "remote.recap"),
  "claude.resume_recap_max_chars": same("number", "remote.recap_max_chars"),
  "claude.env": part("table"),
  "claude.path_append": part("texts"),
  "claude.pty_screen_enabled": absent("flag", "the terminal of a session is on its page"),
  "claude.node_from_nvm": fixed("flag", false, "put the directory of node into agent.path_append"),
  "instance_defaults.spawn_mode": fixed("text", "same-dir", AT_START),
  "instance_defaults.permission_mode": fixed("text", "default", AT_START),
  "instance_defaults.capacity": same("number", "remote.capacity"),
  "instance_defaults.max_bridges": same("number", "remote.max"),
  "instance_defaults.session_name_prefix": same("text", "remote.session_name_prefix"),
  "instance_defaults.verbose": same("flag", "remote.verbose"),
  "projects": part("table"),
  "auth.enabled": fixed("flag", true, "everybody signs in here; auth.disabled = true switches that off"),
  "auth.password_required": fixed("flag", true, "a password is one way to sign in; the token and the link stay"),
  "auth.password_hash": same("text", "auth.password_hash"),
  "auth.api_token_hash": absent("text", "claustrum hub token create NAME makes a token for a program"),
  "auth.session_max_age_seconds": fixed("number", 604_800, "a sign-in lasts 7 days after its last use"),
  "auth.cookie_secure": fixed("text", "auto", "cookies are secure when the page came over https"),
  "auth.allowed_origins": part("texts"),
  "auth.allow_unauthenticated_network": same("flag", "auth.allow_unauthenticated_network"),
  "auth.reverse_proxy.enabled": part("flag"),
  "auth.reverse_proxy.user_header": part("text"),
  "auth.reverse_proxy.shared_secret_header": part("text"),
  "auth.reverse_proxy.trusted_ips": part("texts"),
  "auth.reverse_proxy.shared_secret": part("text"),
  "auth.reverse_proxy.hmac_window_seconds": fixed("number", 60, "a signature is good for 60 seconds"),
  "auth.reverse_proxy.require_hmac": fixed("flag", true, "a proxy has to sign each request"),
  "api.openapi_enabled": fixed("flag", true, "/api/openapi.json is there for everybody who is signed in"),
  "ui.enabled": fixed("flag", true, 'listen = "" leaves only the socket'),
  "db.backup_before_migrate": fixed("flag", true, "the database is always kept before it is brought to a new version"),
  "logs.redact_session_url": same("flag", "logs.redact_on_disk"),
  "logs.bridge_log_max_size_mb": fixed("number", 10, ROTATION),
  "logs.keep_rotated": fixed("number", 5, ROTATION),
  "logs.retention_max_age_days": fixed("number", 30, ROTATION),
  "logs.retention_max_files": fixed("number", 0, ROTATION),
  "logs.retention_max_total_mb": fixed("number", 0, ROTATION),
  "logs.strip_ansi_in_stream": fixed("flag", true, "escapes are always removed from logs"),
  "clone.enabled": part("flag"),
  "clone.allowed_schemes": part("texts"),
  "clone.allow_private_hosts": same("flag", "clone.allow_private_hosts"),
  "clone.allowed_private_cidrs": same("texts", "clone.allowed_cidrs"),
  "clone.timeout_seconds": same("number", "clone.timeout_seconds"),
  "clone.max_mb": same("number", "clone.max_mb"),
  "usage.mode": part("any"),
  "usage.show_cost": part("flag"),
  "usage.currency": fixed("text", "USD", "costs are in US dollars"),
  "usage.currency_symbol": fixed("text", "$", "costs are in US dollars"),
  "usage.fx_rate": fixed("number", 1, "costs are in US dollars"),
  "usage.token_total_includes_cache": fixed("flag", true, "the kinds of tokens are shown one by one"),
  "metrics.enabled": fixed("flag", true, METRICS),
  "metrics.poll_seconds": fixed("number", 4, METRICS),
  "metrics.sample_interval_seconds": absent("number", METRICS),
  "metrics.normalize_cpu": fixed("flag", false, "100 % is one core"),
  "metrics.show_disk": fixed("flag", true, "rates of disks are shown where the system tells them"),
  "reaper.ui_enabled": same("flag", "reaper.ui"),
  "observability.prometheus_enabled": fixed("flag", false, "set metrics.token, with which Prometheus reads /metrics"),
  "observability.metrics_token_hash": absent("text", "set metrics.token to the token itself"),
  "notifications.enabled": fixed("flag", false, NOTIFICATIONS),
  "notifications.urls": absent("texts", NOTIFICATIONS),
  "notifications.browser_enabled": fixed("flag", false, NOTIFICATIONS),
  "notifications.notify_on_crash": absent("flag", NOTIFICATIONS),
  "notifications.notify_on_ready": absent("flag", NOTIFICATIONS),
  "notifications.notify_on_stop": absent("flag", NOTIFICATIONS),
  "notifications.notify_on_permission": absent("flag", NOTIFICATIONS),
  "notifications.notify_on_session_end": absent("flag", NOTIFICATIONS),
  "notifications.notify_on_reconnect_failed": absent("flag", NOTIFICATIONS),
  "webhooks.enabled": part("flag"),
  "webhooks.urls": part("texts"),
  "webhooks.events": part("table"),
  "webhooks.timeout_seconds": fixed("number", 10, "an address has 10 seconds to answer"),
  "webhooks.block_private_targets": fixed("flag", false, "the hub may reach the hosts of webhooks and no others"),
  "config_write.enabled": fixed("flag", false, NO_EDITOR),
  "config_write.allow_user_scope": fixed("flag", false, NO_EDITOR),
  "login_shepherd.enabled": fixed("flag", false, "sign the agent in with claude auth login in a terminal"),
  "login_shepherd.allow_setup_token": fixed("flag", false, "sign the agent in with claude auth login in a terminal"),
  "mcp.allow_writes": fixed("flag", false, "claustrum mcp has the option --allow-writes"),
  "claustrum.enabled": absent("flag", DAEMON),
  "claustrum.binary": absent("text", DAEMON),
  "claustrum.socket_path": absent("text", DAEMON),
  "claustrum.spawn_timeout_seconds": absent("number", DAEMON),
  "claustrum.keep_children": absent("flag", "claustrum serve has the option --keep-children"),
  "claustrum.request_timeout_seconds": absent("number", DAEMON),
};

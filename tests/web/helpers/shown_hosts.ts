import type { Page } from "playwright-core";
import type { Host } from "../../../lib/hosts/types.ts";
import type { FollowMessage } from "../../../lib/hub/hub_client.ts";
import type { PendingPermission, Session } from "../../../lib/sessions/types.ts";
import type { ClaudeMd, Project, Usage } from "../../../lib/projects/types.ts";
import type { MachineLoad } from "../../../lib/remote/types.ts";
import { permission, session } from "./hub_messages.ts";
import { instance } from "./notices.ts";

/** Makes a host that is up. */
export function host(name: string, change: Partial<Host> = {}): Host {
  const address = change.line === "link" ? {} : { address: `ssh://${name}` };
  return { name, line: "ssh", ...address, state: "up", sessions: 0, waiting: 0, ...change };
}

/** The name of the hub. */
const OWN_NAME = "laptop";
const AT = "2026-01-01T00:00:00.000Z";
const FINGERPRINT = "SHA256:mVPwvezndPv/ARoIadVY98vAC0g+P/5633yTC4d/wXE";

/** Hosts in every state. */
const HOSTS: readonly Host[] = [
  host("attic", { state: "offline", problem: "timed_out", version: "0.1.0", last_contact: AT, sessions: 1 }),
  host("bench", {
    state: "refused",
    problem: "not_installed",
    install: { action: "install", step: "sending", sent: 18 << 20, total: 42 << 20 },
  }),
  host("box", { via: "forward", version: "0.1.0", last_contact: AT, sessions: 2, waiting: 1 }),
  host("fresh", { state: "refused", problem: "not_installed", reason: "claustrum is not installed there" }),
  host("gate", {
    address: "ssh://me@10.0.0.7:2222",
    state: "refused",
    problem: "host_key_unknown",
    reason: "the key of the host is unknown",
    fingerprint: FINGERPRINT,
  }),
  host("kiosk", { line: "link", state: "offline", reason: "it has no key", has_key: false }),
  host("mill", { version: "0.0.9" }),
  host("moor", { state: "connecting" }),
  host("notebook", { line: "link", version: "0.1.0", sessions: 0, has_key: true }),
  host("old", {
    state: "refused",
    problem: "host_key_changed",
    reason: "the key of the host has changed",
    fingerprint: FINGERPRINT,
    last_contact: AT,
  }),
  host("vault", { state: "refused", problem: "permission_denied", reason: "the host lets nobody in" }),
];

/** The sessions of the hosts that were reached. */
const SESSIONS: readonly Session[] = [
  session("index-rebuild", { host: "box", path: "/srv/search", status: "waiting_permission", permissions: ["p-box"] }),
  session("nightly-report", { host: "box", path: "/srv/reports", status: "active", model: "sonnet", turns: 0 }),
  session("thumbnails", { host: "attic", path: "/home/me/photos", permissions: ["p-attic"], model: "opus", turns: 0 }),
];

const PERMISSIONS: readonly PendingPermission[] = [
  permission("p-attic", { host: "attic", session: "id of thumbnails", input: { command: "rm -r cache" } }),
  permission("p-box", { host: "box", session: "id of index-rebuild", input: { command: "systemctl restart search" } }),
];

const FAR_PROJECT: Project = {
  name: "search",
  path: "/srv/search",
  is_git_repo: true,
  branch: "main",
  changes: 3,
  has_claude_md: true,
  has_claude_dir: false,
  trust: "trusted",
  allow_bypass_permissions: false,
  sessions: 1,
};

const FAR_CLAUDE_MD: ClaudeMd = {
  exists: true,
  content: "# Search\n\nThe index is rebuilt with `make index`.\n",
  sha256: "0",
  size: 51,
  restart_hint: false,
};

const NO_USAGE: Usage = {
  approximate: true,
  tokens: { input: 0, output: 0, cache_read: 0, cache_creation: 0 },
  cost_usd: 0,
  unpriced: [],
  by_model: [],
  by_day: [],
  sessions: [],
};

const LOAD: MachineLoad = {
  cpus: 8,
  cpu_percent: 23.4,
  load_average: [1.9, 1.4, 1.2],
  memory_bytes: 16 * 2 ** 30,
  memory_used_bytes: 6.2 * 2 ** 30,
};

/** A host that has a key, and has not dialed yet. */
export function waitingKiosk(): Host {
  return host("kiosk", { line: "link", state: "offline", reason: "it has not connected yet", has_key: true });
}

/** Has a page believe that its hub shows other hosts; nothing of them is real. */
export async function showHosts(page: Page): Promise<void> {
  const projects = { root: "/srv", projects: [FAR_PROJECT], skipped: [] };
  await page.route(/\/api\/projects\?host=/, (route) => {
    return route.fulfill({ json: route.request().url().endsWith("=box") ? projects : { ...projects, projects: [] } });
  });
  await page.route(
    /\/api\/projects\/search\?host=/,
    (route) => route.fulfill({ json: { ...FAR_PROJECT, worktrees: [] } }),
  );
  await page.route(/\/api\/projects\/search\/claude-md\?host=/, (route) => route.fulfill({ json: FAR_CLAUDE_MD }));
  await page.route(/\/api\/projects\/search\/history\?/, (route) => route.fulfill({ json: [] }));
  await page.route(/\/api\/projects\/search\/usage\?/, (route) => route.fulfill({ json: NO_USAGE }));
  await page.route(/\/api\/(external|metrics)\?host=/, (route) => route.fulfill({ json: [] }));
  await page.route(/\/api\/load/, (route) => {
    const isBusy = route.request().url().endsWith("=mill");
    return route.fulfill({ json: isBusy ? { ...LOAD, cpu_percent: 97.2, memory_used_bytes: 15.1 * 2 ** 30 } : LOAD });
  });
  await page.route(
    /\/api\/instances\?host=/,
    (route) => route.fulfill({ json: [instance("reports", { name: "reports at night", project: "reports" })] }),
  );
  await page.route(/\/api\/hosts$/, (route) => route.fulfill({ json: HOSTS }));
  await page.route(/\/api\/host-suggestions$/, (route) => route.fulfill({ json: ["attic", "desk", "lab"] }));
  await page.route(/\/api\/sessions\/id%20of[^/]*\/events/, (route) => route.fulfill({ json: [] }));
  await page.route(/\/api\/status$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), name: OWN_NAME, version: "0.1.0" } });
  });
  await page.routeWebSocket(/\/ws\/dashboard/, (client) => {
    const hub = client.connectToServer();
    hub.onMessage((text) => {
      const message: FollowMessage = JSON.parse(String(text));
      client.send(JSON.stringify(ofLaptop(message)));
      if (message.type !== "snapshot") return;
      for (const name of ["box", "attic"]) client.send(JSON.stringify(snapshotOf(name)));
    });
  });
}

/** The hub has the same name on every machine. */
function ofLaptop(message: FollowMessage): FollowMessage {
  const host = OWN_NAME;
  if (message.type === "session") return { type: "session", session: { ...message.session, host } };
  if (message.type !== "snapshot") return message;
  const sessions = message.sessions.map((session) => ({ ...session, host }));
  return { ...message, sessions, permissions: message.permissions.map((each) => ({ ...each, host })) };
}

function snapshotOf(name: string): FollowMessage {
  const isThere = (each: { readonly host: string }) => each.host === name;
  return {
    type: "snapshot",
    host: name,
    sessions: SESSIONS.filter(isThere),
    permissions: PERMISSIONS.filter(isThere),
    partial: {},
    last_event: 0,
  };
}

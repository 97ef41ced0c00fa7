/**
 * The schemas of other machines.
 *
 * @module
 */

import * as v from "valibot";
import type { Host, HostNotice, UninstalledHost } from "../hosts/types.ts";
import { count, type Schema } from "./schemas.ts";

/** A host. */
export const host: Schema<Host> = v.object({
  name: v.string(),
  line: v.picklist(["local", "ssh", "link", "nats"]),
  address: v.exactOptional(v.string()),
  state: v.picklist(["offline", "connecting", "up", "refused"]),
  problem: v.exactOptional(v.picklist([
    "host_key_unknown",
    "host_key_changed",
    "permission_denied",
    "not_installed",
    "bad_configuration",
    "hub_does_not_start",
    "connection_refused",
    "timed_out",
    "unreachable",
    "name_not_found",
    "lost",
  ])),
  reason: v.exactOptional(v.string()),
  fingerprint: v.exactOptional(v.string()),
  via: v.exactOptional(v.picklist(["forward", "bridge"])),
  version: v.exactOptional(v.string()),
  last_contact: v.exactOptional(v.string()),
  sessions: count,
  waiting: count,
  has_key: v.exactOptional(v.boolean()),
  install: v.exactOptional(v.object({
    action: v.picklist(["install", "upgrade", "uninstall"]),
    step: v.picklist(["probing", "sending", "checking", "restarting", "starting", "removing"]),
    sent: v.exactOptional(count),
    total: v.exactOptional(count),
    error: v.exactOptional(v.string()),
  })),
});

/** What the end of an uninstallation tells. */
export const uninstalledHost: Schema<UninstalledHost> = v.object({ host, left: v.array(v.string()) });

/** What is told of hosts as it happens. */
export const hostNotice: Schema<{ readonly type: "notice" } & HostNotice> = v.union([
  v.object({ type: v.literal("notice"), topic: v.literal("hosts"), host }),
  v.object({ type: v.literal("notice"), topic: v.literal("hosts"), removed: v.string() }),
]);

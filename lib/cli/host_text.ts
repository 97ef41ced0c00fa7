/**
 * Hosts as text for a terminal.
 *
 * @module
 */

import type { Host } from "../hosts/types.ts";
import { counted } from "../system/counted.ts";
import { shellQuote } from "../system/quote.ts";
import { formatInstall } from "./host_progress.ts";
import { ownCommand } from "./own_command.ts";
import { safeTable } from "./safe_table.ts";
import { age } from "./session_text.ts";
import { toOneLine } from "./terminal_text.ts";

/** Where a table is shown, and when. */
export interface HostTableOptions {
  /** The width of the terminal; `Infinity` if there is none. */
  readonly columns: number;
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
}

/** Formats hosts as a table. */
export function formatHosts(hosts: readonly Host[], { columns, now }: HostTableOptions): string {
  if (hosts.length === 0) return "there are no hosts: add one with claustrum host add NAME ssh://HOST";
  const rows = hosts.map((host) => [
    host.name,
    host.state,
    String(host.sessions),
    host.waiting === 0 ? "" : String(host.waiting),
    host.state === "up" || host.last_contact === undefined ? "" : `${age(host.last_contact, { columns, now })} ago`,
    host.address ?? host.line,
    host.reason ?? "",
  ]);
  return safeTable([["NAME", "STATE", "SESSIONS", "WAITING", "SEEN", "ADDRESS", "PROBLEM"], ...rows], columns);
}

/** Formats a host, and what to do where it is not up. */
export function formatHost(host: Host): string {
  const { name, state, via, version, reason, fingerprint, sessions, install } = host;
  const lines = [
    `${name} is ${state}${via === "bridge" ? ", over the bridge: its ssh forwards no sockets" : ""}`,
    ...(version === undefined ? [] : [`version ${version}, ${counted(sessions, "session")}`]),
    ...(reason === undefined ? [] : [reason]),
    ...(fingerprint === undefined ? [] : [`fingerprint: ${fingerprint}`]),
    ...(install?.error === undefined ? [] : [`the last ${install.action} has failed: ${install.error}`]),
    ...(install !== undefined && install.error === undefined ? [formatInstall(name, install)] : []),
    ...nextStep(host),
  ];
  return lines.map(toOneLine).join("\n");
}

function nextStep({ name, state, problem, fingerprint }: Host): string[] {
  const quoted = shellQuote(name);
  if (problem === "host_key_unknown" && fingerprint !== undefined) {
    return [`accept it: ${ownCommand()} host accept-key ${quoted} ${fingerprint}`];
  }
  // The problem itself names the command.
  if (problem === "not_installed") return [];
  return state === "refused" ? [`when that is mended: ${ownCommand()} host retry ${quoted}`] : [];
}

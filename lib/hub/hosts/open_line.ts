/**
 * The lines to hosts: which kinds there are, and how each is opened.
 *
 * @module
 */

import type { Client } from "../../client/connect.ts";
import type { LoginGate } from "../../hosts/login_gate.ts";
import { SshLine } from "../../hosts/ssh_line.ts";
import { formatSshTarget, parseSshTarget } from "../../hosts/ssh_target.ts";
import type { LineState } from "../../hosts/types.ts";
import type { HostRow } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { LinkLine } from "../links/link_line.ts";
import type { NatsHosts } from "../nats/types.ts";
import { type HostLine, overSsh } from "./host_line.ts";
import { isNatsAddress, natsHostOf, withoutNats } from "./nats_hosts.ts";

/** The line of hosts that dial this hub. */
export const LINK = "link";

/** What lines are opened with. */
export interface LineParts {
  /** The name of this hub. */
  readonly ownName: string;
  /** Returns the connection to the daemon, which runs `ssh`, as soon as there is one. */
  readonly client: () => Promise<Client>;
  /** NATS, which shows hosts by itself. @default {there is none} */
  readonly nats?: NatsHosts | undefined;
  /** The directory of the hosts' sockets; it is there and private. */
  readonly directory: string;
  /** More options of `ssh`, in tests only. @default {none} */
  readonly sshOptions?: readonly string[];
  /** The source of time. */
  readonly clock: Clock;
  /** The log of the hub. */
  readonly log: Logger;
}

/** What a line is opened with. */
export interface OneLineParts extends LineParts {
  /** Limits how many logins happen at once. */
  readonly logins: LoginGate;
  /** Whether the host has a key with which it dials. */
  readonly hasKey: boolean;
  /** Called with each new state. */
  readonly onState: (state: LineState) => void;
}

/**
 * Reads what `host add` takes: `link`, `nats`, or where SSH finds the host.
 *
 * @throws {RequestError} If it is none of that.
 */
export function parseLine(address: string): Pick<HostRow, "line" | "address"> {
  if (address === LINK) return { line: LINK, address: undefined };
  if (isNatsAddress(address)) return { line: "nats", address };
  return { line: "ssh", address: formatSshTarget(parseSshTarget(address)) };
}

/** Opens the line to a host, and keeps it up from now on. */
export function openLine(row: HostRow, parts: OneLineParts): HostLine {
  const { client, clock, directory, nats, sshOptions = [], ownName, log, logins, hasKey, onState } = parts;
  const { name } = row;
  if (row.line === LINK) return new LinkLine({ name, ownName, hasKey, onState, clock, log });
  if (row.line === "nats") return nats?.line(natsHostOf(row), onState) ?? withoutNats();
  const place = {
    target: parseSshTarget(row.address ?? ""),
    control: `${directory}/${row.slot}.ssh`,
    options: sshOptions,
  };
  const socket = `${directory}/${row.slot}.sock`;
  return overSsh(new SshLine({ client, place, socket, logins, clock, onState }), ownName);
}

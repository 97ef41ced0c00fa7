/**
 * The command lines of `ssh`. The person's own configuration, keys and agents count; forced is only what a program in the
 * background needs.
 *
 * @module
 */

import { type SshTarget, targetArguments } from "./ssh_target.ts";

/** How a host is reached. */
export interface SshPlace {
  /** The host. */
  readonly target: SshTarget;
  /** The socket of our own master: never the person's. */
  readonly control: string;
  /** More options, in tests only. @default {none} */
  readonly options?: readonly string[];
}

/** Nobody is there who could answer a question, and a silent host is noticed after 45 seconds. */
const FORCED = [
  "BatchMode=yes",
  "ConnectTimeout=10",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=3",
  // The person's configuration may run a command or forward ports, which is for their own logins.
  "RemoteCommand=none",
  "ClearAllForwardings=yes",
  "PermitLocalCommand=no",
  "ForkAfterAuthentication=no",
  "StdinNull=no",
];

function base({ options = [] }: SshPlace): string[] {
  return ["-T", ...options, ...FORCED.flatMap((option) => ["-o", option])];
}

/** The arguments of the master, which runs a command. */
export function masterArguments(place: SshPlace, command: string): string[] {
  return [
    "-M",
    "-S",
    place.control,
    "-o",
    "ControlPersist=no",
    ...base(place),
    ...targetArguments(place.target),
    command,
  ];
}

/** The arguments that forward a socket of the host to one of this machine, over the master. */
export function forwardArguments(place: SshPlace, local: string, remote: string): string[] {
  // Without `ClearAllForwardings`, which would clear this one.
  return [
    "-S",
    place.control,
    "-O",
    "forward",
    ...place.options ?? [],
    "-L",
    `${local}:${remote}`,
    ...targetArguments(place.target),
  ];
}

/** The arguments that run a command over the master. */
export function commandArguments(place: SshPlace, command: string): string[] {
  return ["-S", place.control, "-o", "ControlMaster=no", ...base(place), ...targetArguments(place.target), command];
}

/** The arguments that connect on their own, without a master. */
export function singleArguments(place: SshPlace, more: readonly string[], command: string): string[] {
  return ["-S", "none", ...more, ...base(place), ...targetArguments(place.target), command];
}

/**
 * Other machines in words: how it goes with them, and what to do where a person is needed.
 *
 * @module
 */

import { hasWords, wordsOf } from "./project_filter.ts";
import type { Host, HostInstall, InstallAction, InstallStep, LineProblem } from "../../hosts/types.ts";

/** What the states are called. */
export const HOST_STATES: Readonly<Record<Host["state"], string>> = {
  up: "Up",
  connecting: "Connecting",
  offline: "Away",
  refused: "Needs you",
};

/** What can be done about a problem besides trying again. */
export type HostRemedy = "accept" | "install" | "key";

/** Returns the hosts in whose names and addresses all words of a filter occur. */
export function hostsWith(hosts: readonly Host[], filter: string): readonly Host[] {
  const words = wordsOf(filter);
  return hosts.filter((host) => hasWords([host.name, host.address, lineText(host)], words));
}

/** Whether something is being installed on a host, upgraded or taken away. */
export function isInstalling({ install }: Pick<Host, "install">): boolean {
  return install !== undefined && install.error === undefined;
}

/** Whether a host waits for a person. */
export function needsPerson(host: Pick<Host, "state" | "install">): boolean {
  return host.state === "refused" && !isInstalling(host);
}

/** What a person has to know and do about a problem. */
export interface HostAdvice {
  /** The problem in a few words. */
  readonly title: string;
  /** What it means and what to do, in sentences. */
  readonly text: string;
  /** A command that helps, and what it does. */
  readonly command?: { readonly label: string; readonly text: string };
  /** What the page offers. */
  readonly remedy?: HostRemedy;
  /** Whether the connection may be in the wrong hands. */
  readonly isAlarming?: boolean;
}

/** Says how a host is reached. */
export function lineText({ line, via }: Pick<Host, "line" | "via">): string {
  switch (line) {
    case "ssh":
      return via === "bridge" ? "ssh, over the bridge" : "ssh";
    case "link":
      return "link, which it opens itself";
    case "nats":
      return "NATS";
    case "local":
      return "this machine";
  }
}

/** Returns what to know and do about a host; `undefined` while it needs nobody. */
export function adviceFor(host: Host): HostAdvice | undefined {
  const { name, reason = "" } = host;
  if (host.state === "up" || host.problem === undefined && reason === "") return undefined;
  switch (host.problem) {
    case "host_key_unknown":
      return {
        title: "Is this the right machine?",
        text: `The key of ${name} is not known yet. Compare this fingerprint with what the machine itself says, ` +
          "and accept it only if they are the same.",
        command: {
          label: "To be run on that machine",
          text: "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done",
        },
        remedy: "accept",
      };
    case "host_key_changed":
      return {
        title: "The key of the machine has changed",
        text: "Somebody may be listening in between, or the machine was installed anew. Find out first. Only if you " +
          "know why it has changed, remove the old key on the machine of this hub, then try again.",
        command: { label: "Removes the old key", text: `ssh-keygen -R ${quoted(knownName(host))}` },
        isAlarming: true,
      };
    case "permission_denied":
      return {
        title: "The machine lets nobody in",
        text:
          "It accepts none of the keys that ssh offers without asking. Try it by hand on the machine of this hub, " +
          "and load the key into an agent.",
        command: { label: "Tries it by hand", text: sshCommand(host) },
      };
    case "not_installed":
      return {
        title: "claustrum is not installed there",
        text: "Nothing else is missing: the machine can be reached.",
        remedy: "install",
      };
    case "bad_configuration":
      return { title: "ssh refuses its configuration", text: reason };
    case "hub_does_not_start":
      return {
        title: "The hub over there does not start",
        text: reason,
        command: { label: "Shows why", text: `${sshCommand(host)} claustrum hub start` },
      };
    case undefined:
      return keyAdvice(host) ?? { title: "It is not connected", text: reason };
    default:
      return {
        title: AWAY[host.problem] ?? "It cannot be reached",
        // Other hosts come by themselves, and the reason says what to do.
        text: host.line === "ssh" && host.state === "offline" ? "It is tried again by itself." : reason,
      };
  }
}

/** What to do about a host that dials this hub, and has not; `undefined` if it is another one. */
function keyAdvice({ has_key, last_contact }: Host): HostAdvice | undefined {
  if (has_key === undefined) return undefined;
  if (!has_key) {
    return {
      title: "There is no key for it",
      text: "This machine dials this hub with a key of its own. Make one, and type a line there.",
      remedy: "key",
    };
  }
  if (last_contact === undefined) {
    return {
      title: "It has not dialed yet",
      text: "Type the line there that was shown with its key. If the key is lost, make a new one.",
    };
  }
  return {
    title: "It has not dialed again",
    text: "It does so by itself as soon as its hub runs and reaches this one.",
  };
}

/** What was done to the software of a host, where it has failed. */
export const FAILED_INSTALLS: Readonly<Record<InstallAction, string>> = {
  install: "claustrum was not installed",
  upgrade: "claustrum was not upgraded",
  uninstall: "claustrum was not taken away",
};

const STEPS: Readonly<Record<InstallStep, string>> = {
  probing: "Looking at the machine",
  sending: "Sending claustrum",
  checking: "Checking what has arrived",
  restarting: "Handing over to the new version",
  starting: "Waiting for its hub",
  removing: "Taking claustrum away",
};

/** Says what an installation is at. */
export function installText({ step }: Pick<HostInstall, "step">): string {
  return STEPS[step];
}

/** Returns how much of an installation has been sent, in percent; `undefined` if that does not say much. */
export function sentPercent({ step, sent, total }: HostInstall): number | undefined {
  if (step !== "sending" || sent === undefined || total === undefined || total === 0) return undefined;
  return Math.min(100, Math.floor(100 * sent / total));
}

/** Whether a host runs another version than this hub, and can be upgraded from here. */
export function isOutdated({ line, state, version }: Pick<Host, "line" | "state" | "version">, own: string): boolean {
  return line === "ssh" && state === "up" && own !== "" && version !== undefined && version !== own;
}

const AWAY: Readonly<Partial<Record<LineProblem, string>>> = {
  connection_refused: "Nothing listens there",
  timed_out: "The machine does not answer",
  unreachable: "The network does not reach the machine",
  name_not_found: "The name of the machine is not known",
  lost: "The connection was lost",
};

interface Target {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
}

function targetOf({ address = "", name }: Pick<Host, "address" | "name">): Target {
  const [, user, host = name, port] = /^ssh:\/\/(?:([^@/]*)@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?$/.exec(address) ?? [];
  return { user, host: host.replace(/^\[|\]$/g, ""), port };
}

/** Returns how a person reaches a host by hand. */
export function sshCommand(target: Pick<Host, "address" | "name">): string {
  const { user, host, port } = targetOf(target);
  return ["ssh", ...(port === undefined ? [] : ["-p", port]), user === undefined ? host : `${user}@${host}`].join(" ");
}

/** Returns the name under which ssh knows the key of a host. */
function knownName(target: Pick<Host, "address" | "name">): string {
  const { host, port } = targetOf(target);
  return port === undefined || port === "22" ? host : `[${host}]:${port}`;
}

/** Quotes a word for a shell. */
export function quoted(word: string): string {
  return /^[\w.@%+:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

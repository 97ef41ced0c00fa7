/**
 * What other machines look like from outside: the objects that operations return.
 *
 * @module
 */

/** How a host is reached. */
export type LineKind = "local" | "ssh" | "link" | "nats";

/**
 * How it goes with the line to a host: `refused` waits for a person, `offline` is tried again by itself.
 */
export type LineStatus = "offline" | "connecting" | "up" | "refused";

/** Why a line is not up. */
export type LineProblem =
  | "host_key_unknown"
  | "host_key_changed"
  | "permission_denied"
  | "not_installed"
  | "bad_configuration"
  | "hub_does_not_start"
  | "connection_refused"
  | "timed_out"
  | "unreachable"
  | "name_not_found"
  | "lost";

/** The state of a line. */
export interface LineState {
  /** How it goes. */
  readonly status: LineStatus;
  /** Why it is not up; absent while it is, and before the first attempt. */
  readonly problem?: LineProblem;
  /** The problem in a sentence that says what to do. */
  readonly reason?: string;
  /** The fingerprint of the key that a host shows, if a person has to judge it. */
  readonly fingerprint?: string;
  /** Over what the hub is reached while the line is up. */
  readonly via?: "forward" | "bridge";
}

/** What is done to the software of a host. */
export type InstallAction = "install" | "upgrade" | "uninstall";

/** What an installation is at. */
export type InstallStep = "probing" | "sending" | "checking" | "restarting" | "starting" | "removing";

/** An installation, while it runs and after it has failed. */
export interface HostInstall {
  /** What is done. */
  readonly action: InstallAction;
  /** What it is at, or at what it has failed. */
  readonly step: InstallStep;
  /** How many bytes of the release have been sent. */
  readonly sent?: number;
  /** How many bytes the release has. */
  readonly total?: number;
  /** Why it has failed; absent while it runs. */
  readonly error?: string;
}

/** Another machine that the hub shows. */
export interface Host {
  /** The name, which people have given it. */
  readonly name: string;
  /** How it is reached. */
  readonly line: LineKind;
  /** Its address; absent if the line needs none. */
  readonly address?: string;
  /** How it goes. */
  readonly state: LineStatus;
  /** Why it is not up; absent while it is. */
  readonly problem?: LineProblem;
  /** The problem in a sentence that says what to do. */
  readonly reason?: string;
  /** The fingerprint of the key that it shows, if a person has to judge it. */
  readonly fingerprint?: string;
  /** Over what its hub is reached while it is up. */
  readonly via?: "forward" | "bridge";
  /** The version of its claustrum; absent before the first contact. */
  readonly version?: string;
  /** When it was last heard of; absent if never. */
  readonly last_contact?: string;
  /** How many sessions it has, as of the last contact. */
  readonly sessions: number;
  /** How many of their permissions wait for a person. */
  readonly waiting: number;
  /** Whether there is a key with which it may dial this hub; absent unless its line is `link`. */
  readonly has_key?: boolean;
  /** The installation that runs there, or the last one if it has failed. */
  readonly install?: HostInstall;
}

/** Parameters of `hosts.add`. */
export interface AddHostParams {
  /** The name: letters, digits, dots, dashes and underscores. */
  readonly name: string;
  /** Such as `ssh://me@box`, or `link` for a host that dials this hub. */
  readonly address: string;
}

/** Parameters of `hosts.install` and `hosts.upgrade`. */
export interface InstallHostParams {
  /** The name. */
  readonly host_name: string;
  /** A directory with the release. @default {the one that this hub runs from} */
  readonly release?: string | undefined;
}

/** Parameters of `hosts.uninstall`. */
export interface UninstallHostParams {
  /** The name. */
  readonly host_name: string;
  /** Whether its sessions are ended first, instead of refusing while some run. @default {false} */
  readonly sessions?: boolean | undefined;
}

/** What `hosts.uninstall` has done. */
export interface UninstalledHost {
  /** The host. */
  readonly host: Host;
  /** What is left there, such as `~/.local/state/claustrum`. */
  readonly left: readonly string[];
}

/** What is told of hosts as it happens. */
export type HostNotice =
  | { readonly topic: "hosts"; readonly host: Host }
  | {
    readonly topic: "hosts";
    /** The name of a host that was removed. */
    readonly removed: string;
  };

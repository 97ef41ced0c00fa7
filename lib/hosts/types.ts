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

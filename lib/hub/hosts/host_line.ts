/**
 * A way to the hub of another machine.
 *
 * @module
 */

import { ConnectionLostError } from "../../client/errors.ts";
import type { SshLine } from "../../hosts/ssh_line.ts";
import type { FarShell } from "../../hosts/ssh_run.ts";
import type { LineKind, LineState } from "../../hosts/types.ts";
import type { EventQuery } from "../../sessions/sessions.ts";
import type { SessionEvent } from "../../sessions/types.ts";
import { RequestError } from "../../system/request_error.ts";
import type { DialHub } from "../connect_hub.ts";
import { HubUnreachableError } from "../hub_errors.ts";
import { HubLine } from "../hub_line.ts";
import { introduced } from "./introduced.ts";

/** A way to the hub of another machine. It is kept up by itself, and tells of its states. */
export interface HostLine extends AsyncDisposable {
  /** What kind of line it is. */
  readonly kind: LineKind;
  /** How it goes. */
  readonly state: LineState;
  /** What the line itself knows of the hub at the other end. @default {nothing} */
  readonly seen?: { readonly version: string; readonly at: number } | undefined;
  /** Whether there is a key with which the host may dial. @default {it needs none} */
  readonly hasKey?: boolean;
  /** Connects to the hub at the other end. */
  readonly dial: DialHub;
  /**
   * Returns events of a session without the host, for the time in which it is away; absent for lines that keep none.
   *
   * @param session The id of the session.
   * @throws {HubUnreachableError} If they cannot be read.
   */
  pastEvents?(session: string, query: EventQuery): Promise<readonly SessionEvent[]>;
  /** Tries again now. */
  retry(): void;
  /**
   * Accepts the key of a host that is not known yet.
   *
   * @throws {RequestError} If it does not wait for that, or the host shows another key.
   */
  acceptKey(fingerprint: string): Promise<void>;
  /** Runs commands there, apart from the hub; absent for lines that carry nothing but the hub. */
  readonly shell?: HostShell;
}

/** The shell of a host. */
export interface HostShell extends FarShell {
  /** Connects anew: what is installed there has changed. */
  reconnect(): void;
}

/**
 * Returns a line over SSH as the hub uses it.
 *
 * @param ownName The name of this hub.
 */
export function overSsh(line: SshLine, ownName: string): HostLine {
  return {
    kind: "ssh",
    get state() {
      return line.state;
    },
    retry: () => line.retry(),
    acceptKey: (fingerprint) => line.acceptKey(fingerprint),
    shell: line,
    async dial(onNotification) {
      try {
        const token = await line.token();
        return introduced(new HubLine(await line.dial(), token, onNotification), ownName);
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        throw new HubUnreachableError(error.message, { cause: error });
      }
    },
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };
}

/** Refuses to accept a key, for lines that show none. */
export function acceptsNoKey(): Promise<never> {
  return Promise.reject(new RequestError("conflict", "this host shows no key that could be accepted"));
}

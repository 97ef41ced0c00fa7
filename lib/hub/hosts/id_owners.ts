/**
 * To which host an id belongs. A host may tell any ids; those of this hub and of other hosts stay theirs, so that nobody
 * who means one session or permission reaches another one.
 *
 * @module
 */

import { SessionError } from "../../sessions/session_error.ts";
import type { Sessions } from "../../sessions/sessions.ts";

/** What this hub has itself, as far as ids need it. */
export type OwnSessions = Pick<Sessions, "get" | "permissions">;

/** Called when a host tells an id that belongs to somebody else; the owner is `undefined` for this hub. */
export type OnCollision = (id: string, host: string, owner: string | undefined) => void;

/** The ids of one kind. Who is the first to tell an id keeps it. */
export class IdOwners {
  readonly #owners = new Map<string, string>();
  readonly #isOwn: (id: string) => boolean;
  readonly #onCollision: OnCollision;

  /** @param isOwn Whether this hub itself has an id. */
  constructor(isOwn: (id: string) => boolean, onCollision: OnCollision) {
    this.#isOwn = isOwn;
    this.#onCollision = onCollision;
  }

  /** Returns the host of an id; `undefined` if it is none of a host. */
  hostOf(id: string): string | undefined {
    return this.#owners.get(id);
  }

  /** Whether an id belongs to this hub, or to another host than this one. */
  isOthers(id: string, host: string): boolean {
    const owner = this.#owners.get(id);
    return owner === undefined ? this.#isOwn(id) : owner !== host;
  }

  /** Gives an id to a host, unless it belongs to somebody else; returns whether the host has it. */
  claim(id: string, host: string): boolean {
    const owner = this.#owners.get(id);
    if (owner === host) return true;
    if (owner !== undefined || this.#isOwn(id)) {
      this.#onCollision(id, host, owner);
      return false;
    }
    this.#owners.set(id, host);
    return true;
  }

  /** Frees an id, if it belongs to a host. */
  release(id: string, host: string): void {
    if (this.#owners.get(id) === host) this.#owners.delete(id);
  }
}

/** The ids that hosts have told. */
export class HostIds {
  /** Those of the sessions. */
  readonly sessions: IdOwners;
  /** Those of the permissions. */
  readonly permissions: IdOwners;
  readonly #own: OwnSessions | undefined;

  /** @param own What this hub has itself. @default {nothing} */
  constructor(own?: OwnSessions, onCollision: OnCollision = () => {}) {
    this.#own = own;
    this.sessions = new IdOwners((id) => this.#isSession(id), onCollision);
    this.permissions = new IdOwners((id) => this.#isPermission(id), onCollision);
  }

  /** Returns the host of what a request names; `undefined` if it is this hub, or unknown. What this hub knows wins. */
  hostOf(params: unknown): string | undefined {
    const { session_name: session, permission_id: permission } = (params ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof session === "string") {
      return this.#find(session) === undefined ? this.sessions.hostOf(session) : undefined;
    }
    if (typeof permission !== "string" || this.#isPermission(permission)) return undefined;
    return this.permissions.hostOf(permission);
  }

  #isSession(id: string): boolean {
    const found = this.#find(id);
    return typeof found === "object" && (found.id === id || found.name === id);
  }

  #isPermission(id: string): boolean {
    return this.#own?.permissions().some((each) => each.id === id) ?? false;
  }

  /** Returns the session of this hub that is meant, or that it could be several; `undefined` if there is none. */
  #find(reference: string): { readonly id: string; readonly name: string } | "several" | undefined {
    try {
      return this.#own?.get(reference);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      return error.kind === "unknown" ? undefined : "several";
    }
  }
}

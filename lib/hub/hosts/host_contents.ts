/**
 * The sessions of a host and what they ask for, as it tells them. What belongs to this hub or to another host is left out,
 * whatever the host says.
 *
 * @module
 */

import type { PendingPermission, Session } from "../../sessions/types.ts";
import type { FollowMessage } from "../hub_client.ts";
import { ofHost, sessionOfHost } from "./host_messages.ts";
import type { HostIds } from "./id_owners.ts";

/** How many sessions, and how many permissions, of a host are known at most. */
const MAX_KNOWN = 10_000;

/** See the module comment. */
export class HostContents {
  readonly #name: string;
  readonly #ids: HostIds;
  readonly #sessions = new Map<string, Session>();
  #permissions: readonly PendingPermission[] = [];

  /** @param name The name of the host on this hub. */
  constructor(name: string, ids: HostIds) {
    this.#name = name;
    this.#ids = ids;
  }

  /** The sessions. */
  get sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  /** What the sessions ask for. */
  get permissions(): readonly PendingPermission[] {
    return this.#permissions;
  }

  /** Whether a session is known to be one of the host. */
  has(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** Takes all sessions, in place of those before. */
  replace(sessions: readonly Session[]): void {
    const told = new Set(sessions.map(({ id }) => id));
    for (const id of this.#sessions.keys()) if (!told.has(id)) this.#release(id);
    this.#sessions.clear();
    for (const session of sessions) this.put(session);
  }

  /** Takes all permissions, in place of those before. */
  replacePermissions(permissions: readonly PendingPermission[]): void {
    const told = new Set(permissions.map(({ id }) => id));
    for (const { id } of this.#permissions) if (!told.has(id)) this.#ids.permissions.release(id, this.#name);
    this.#permissions = permissions.slice(0, MAX_KNOWN)
      .filter(({ id, session }) => !this.#isOthers(session) && this.#ids.permissions.claim(id, this.#name))
      .map((permission) => ({ ...permission, host: this.#name }));
  }

  /** Takes the state of a session; returns whether it asks for something that is not known yet. */
  put(session: Session): boolean {
    const { id, permissions } = session;
    if (!this.#sessions.has(id) && this.#sessions.size >= MAX_KNOWN) return false;
    if (!this.#ids.sessions.claim(id, this.#name)) return false;
    this.#sessions.set(id, sessionOfHost(session, this.#name));
    const pending = new Set(permissions);
    this.#dropPermissions((each) => each.session === id && !pending.has(each.id));
    const known = new Set(this.#permissions.map((each) => each.id));
    return permissions.some((each) => !known.has(each));
  }

  /** Forgets a session. */
  remove(id: string): void {
    if (this.#sessions.delete(id)) this.#release(id);
    this.#dropPermissions(({ session }) => session === id);
  }

  /** Returns what followers may see of a message of the host; `undefined` if that is nothing. */
  shown(message: FollowMessage): FollowMessage | undefined {
    switch (message.type) {
      case "snapshot":
        return ofHost({
          ...message,
          sessions: message.sessions.filter(({ id }) => !this.#isOthers(id)),
          permissions: message.permissions.filter(({ id, session }) =>
            !this.#isOthers(session) && !this.#ids.permissions.isOthers(id, this.#name)
          ),
          partial: Object.fromEntries(Object.entries(message.partial).filter(([id]) => !this.#isOthers(id))),
        }, this.#name);
      case "session":
        return this.#isOthers(message.session.id) ? undefined : ofHost(message, this.#name);
      case "event":
        return this.#isOthers(message.event.session) ? undefined : ofHost(message, this.#name);
      case "delta":
      case "removed":
        return this.#isOthers(message.session) ? undefined : message;
      case "notice":
        // It would be taken for one of this hub.
        return undefined;
    }
  }

  #isOthers(session: string): boolean {
    return this.#ids.sessions.isOthers(session, this.#name);
  }

  #release(session: string): void {
    this.#ids.sessions.release(session, this.#name);
  }

  #dropPermissions(isGone: (permission: PendingPermission) => boolean): void {
    const gone = this.#permissions.filter(isGone);
    if (gone.length === 0) return;
    for (const { id } of gone) this.#ids.permissions.release(id, this.#name);
    this.#permissions = this.#permissions.filter((each) => !gone.includes(each));
  }
}

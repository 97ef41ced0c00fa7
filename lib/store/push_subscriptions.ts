/**
 * The tables of Web Push: the browsers that are told of events, and the hub's own key.
 *
 * @module
 */

import type { Database, SqlRow } from "./database.ts";

/** A browser that is told of events. */
export interface PushSubscriptionRow {
  /** The id of its sign-in; it is removed together with that. */
  readonly signIn: string;
  /** The address at its push service. Who knows it can send messages there. */
  readonly endpoint: string;
  /** The public key for which messages are encrypted: a point of P-256 in base64url. */
  readonly publicKey: string;
  /** The secret that goes into the encryption: 16 bytes in base64url. */
  readonly auth: string;
  /** When it subscribed, in milliseconds since the epoch. */
  readonly createdAt: number;
}

/** All browsers that are told of events, at most one for each sign-in, and the hub's key. */
export class PushTable {
  readonly #database: Database;

  /** @param database The database, which has the tables. */
  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Stores a subscription, in place of the former one of its sign-in, and of another sign-in with the same address: a
   * browser has one address, however often it signs in.
   *
   * @throws {StoreError} If there is no such sign-in, with the reason `conflict`.
   */
  put({ signIn, endpoint, publicKey, auth, createdAt }: PushSubscriptionRow): void {
    this.#database.run(
      `INSERT OR REPLACE INTO push_subscriptions (sign_in, endpoint, public_key, auth, created_at)
        VALUES (?, ?, ?, ?, ?)`,
      signIn,
      endpoint,
      publicKey,
      auth,
      createdAt,
    );
  }

  /** Returns the subscription of a sign-in, if there is one. */
  get(signIn: string): PushSubscriptionRow | undefined {
    const row = this.#database.get("SELECT * FROM push_subscriptions WHERE sign_in = ?", signIn);
    return row && toSubscription(row);
  }

  /** Returns the subscriptions whose sign-ins have not expired, the oldest first. */
  list(now: number): PushSubscriptionRow[] {
    return this.#database.all(
      `SELECT push_subscriptions.* FROM push_subscriptions JOIN sign_ins ON sign_ins.id = sign_in
        WHERE expires_at > ? ORDER BY push_subscriptions.created_at, sign_in`,
      now,
    ).map(toSubscription);
  }

  /** Removes the subscription of a sign-in; returns whether there was one. */
  delete(signIn: string): boolean {
    return this.#database.run("DELETE FROM push_subscriptions WHERE sign_in = ?", signIn).changes > 0;
  }

  /** Removes the subscription with an address; returns whether there was one. */
  deleteEndpoint(endpoint: string): boolean {
    return this.#database.run("DELETE FROM push_subscriptions WHERE endpoint = ?", endpoint).changes > 0;
  }

  /** Returns the hub's private key, as a JSON web key; `undefined` before it is made. */
  key(): string | undefined {
    const jwk = this.#database.get("SELECT jwk FROM push_keys")?.jwk;
    return jwk === undefined ? undefined : String(jwk);
  }

  /**
   * Stores the hub's private key, for good: browsers subscribe to what comes with this key alone.
   *
   * @param jwk The key, as a JSON web key.
   * @throws {StoreError} If there is one already, with the reason `conflict`.
   */
  setKey(jwk: string): void {
    this.#database.run("INSERT INTO push_keys (id, jwk) VALUES (1, ?)", jwk);
  }
}

function toSubscription(row: SqlRow): PushSubscriptionRow {
  return {
    signIn: String(row.sign_in),
    endpoint: String(row.endpoint),
    publicKey: String(row.public_key),
    auth: String(row.auth),
    createdAt: Number(row.created_at),
  };
}

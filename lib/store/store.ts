/**
 * Everything that a hub keeps, in one SQLite file.
 *
 * @module
 */

import { type Clock, systemClock } from "../system/clock.ts";
import { ApiTokenTable } from "./api_tokens.ts";
import { AuditTable } from "./audit.ts";
import type { Database } from "./database.ts";
import { DeliveryTable } from "./deliveries.ts";
import { EventTable } from "./events.ts";
import { InstanceTable } from "./instances.ts";
import { HostKeyTable } from "./host_keys.ts";
import { HostTable } from "./hosts.ts";
import { openMigrated } from "./migrations.ts";
import { OutboxTable } from "./outbox.ts";
import { PermissionTable } from "./permissions.ts";
import { PromptTable } from "./prompts.ts";
import { PushTable } from "./push_subscriptions.ts";
import { RuleTable } from "./rules.ts";
import { SessionKeys, SessionTable } from "./sessions.ts";
import { SignInTable } from "./sign_ins.ts";
import { StdinTable } from "./stdin.ts";
import { UnfinishedTable } from "./unfinished.ts";

export type { ApiTokenRow, ApiTokenTable } from "./api_tokens.ts";
export type { AuditQuery, AuditRow, AuditTable } from "./audit.ts";
export type { DeliveryRow, DeliveryTable } from "./deliveries.ts";
export type { EventTable } from "./events.ts";
export type { EventRow, FoundEvent, NewEvent, PageOptions, PruneOptions, SearchOptions } from "./event_types.ts";
export type { InstanceRow, InstanceTable } from "./instances.ts";
export type { HostKeyRow, HostKeyTable } from "./host_keys.ts";
export type { HostRow, HostTable } from "./hosts.ts";
export type { OutboxTable } from "./outbox.ts";
export type { PermissionRow, PermissionTable } from "./permissions.ts";
export type { PromptRow, PromptStatus, PromptTable } from "./prompts.ts";
export type { PushSubscriptionRow, PushTable } from "./push_subscriptions.ts";
export type { RuleRow, RuleTable } from "./rules.ts";
export type { SessionRow, SessionTable } from "./sessions.ts";
export type { SignInRow, SignInTable } from "./sign_ins.ts";
export type { StdinLine, StdinTable } from "./stdin.ts";
export { StoreError, type StoreErrorReason } from "./store_error.ts";
export type { StreamName, UnfinishedLines, UnfinishedTable } from "./unfinished.ts";

/** Options of {@linkcode Store.open}. */
export interface StoreOptions {
  /** The source of time. @default {systemClock} */
  readonly clock?: Clock;
}

/**
 * The store. All calls are synchronous. What they throw is a `StoreError` when the file is to blame; nothing was half
 * stored then, and the store works again once the cause is gone.
 */
export class Store implements Disposable {
  /** The sessions. */
  readonly sessions: SessionTable;
  /** The events. */
  readonly events: EventTable;
  /** The prompts. */
  readonly prompts: PromptTable;
  /** What agents asked permission for. */
  readonly permissions: PermissionTable;
  /** What answers for a whole session allow. */
  readonly rules: RuleTable;
  /** The lines for the agents' stdin. */
  readonly stdin: StdinTable;
  /** The lines that agents have not finished. */
  readonly unfinished: UnfinishedTable;
  /** The browsers that have signed in. */
  readonly signIns: SignInTable;
  /** The named API tokens. */
  readonly tokens: ApiTokenTable;
  /** The changes, and who made them. */
  readonly audit: AuditTable;
  /** What webhooks still have to deliver. */
  readonly deliveries: DeliveryTable;
  /** The browsers that are told of events while no page is open. */
  readonly push: PushTable;
  /** The remote-control instances. */
  readonly instances: InstanceTable;
  /** The other machines that the hub shows. */
  readonly hosts: HostTable;
  /** The keys with which hosts dial this hub. */
  readonly hostKeys: HostKeyTable;
  /** How far the events have been published. */
  readonly outbox: OutboxTable;
  readonly #database: Database;

  private constructor(database: Database, clock: Clock) {
    this.#database = database;
    const keys = new SessionKeys(database);
    this.events = new EventTable(database, keys, clock);
    this.sessions = new SessionTable(database, keys, (key) => this.events.forget(key));
    this.prompts = new PromptTable(database, keys);
    this.permissions = new PermissionTable(database, keys);
    this.rules = new RuleTable(database, keys);
    this.stdin = new StdinTable(database, keys);
    this.unfinished = new UnfinishedTable(database, keys);
    this.signIns = new SignInTable(database);
    this.tokens = new ApiTokenTable(database);
    this.audit = new AuditTable(database);
    this.deliveries = new DeliveryTable(database);
    this.push = new PushTable(database);
    this.instances = new InstanceTable(database);
    this.hosts = new HostTable(database);
    this.hostKeys = new HostKeyTable(database);
    this.outbox = new OutboxTable(database);
  }

  /**
   * Opens a store; makes one if there is none. One of an older version is migrated, and kept as `<path>.v<VERSION>`.
   *
   * @param path The file, of mode 0600; `:memory:` for a store that goes with the program.
   * @throws {StoreError} If the file is of a newer version, no store, damaged, or cannot be read and written.
   */
  static open(path: string, { clock = systemClock }: StoreOptions = {}): Store {
    return new Store(openMigrated(path), clock);
  }

  /** The file. */
  get path(): string {
    return this.#database.path;
  }

  /**
   * Runs work in one transaction: all of it is stored, or nothing. A nested call joins the outer one; when it throws,
   * the outer one is rolled back too, even if the error is caught in between.
   *
   * @param work Must be synchronous.
   * @throws Whatever `work` throws.
   * @throws {StoreError} If the file cannot be written.
   */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  /** Closes the file. Does nothing if it is closed. */
  close(): void {
    this.#database.close();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * The hosts that are shown because NATS tells of them, without having been added.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { Logger } from "../../system/log.ts";
import { printable } from "../../system/printable.ts";
import type { NatsHosts } from "../nats/types.ts";
import { nameForNatsHost, natsHostOf } from "./nats_hosts.ts";
import type { ShownHosts } from "./shown_hosts.ts";

/** What the name of a host is made of. */
export const HOST_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Options of {@linkcode FoundHosts}. */
export interface FoundHostsOptions {
  /** The name of this hub. */
  readonly ownName: string;
  /** The hosts in NATS; absent if this hub is not there. */
  readonly nats?: NatsHosts | undefined;
  /** All hosts that are shown. */
  readonly shown: ShownHosts;
  /** Called with the name of each host that is shown from now on. */
  readonly onShown: (name: string) => void;
  /** The log of the hub. */
  readonly log: Logger;
  /** The source of time. */
  readonly clock: Clock;
}

/** See the module comment. */
export class FoundHosts implements Disposable {
  readonly #options: FoundHostsOptions;
  readonly #shown: ShownHosts;
  readonly #finding: Disposable | undefined;

  /** Shows the hosts that NATS knows of, and those that it finds from now on. */
  constructor(options: FoundHostsOptions) {
    this.#options = options;
    this.#shown = options.shown;
    for (const host of options.nats?.hosts ?? []) this.show(host);
    this.#finding = options.nats?.onFound((host) => this.show(host));
  }

  /** Shows a host that NATS tells of, unless it was added already, or another one has its name. */
  show(natsHost: string): void {
    const { ownName, clock, log } = this.#options;
    const isShown = this.#shown.all.some(({ row }) => row.line === "nats" && natsHostOf(row) === natsHost);
    if (isShown) return;
    const name = nameForNatsHost(natsHost);
    if (!HOST_NAME.test(name) || name === ownName || this.#shown.has(name)) {
      return log.warn(
        `[hosts] ${printable(natsHost)} of NATS is not shown: its name is taken; add it under another one`,
      );
    }
    const address = `nats://${natsHost}`;
    const slot = this.#shown.slotFor({ line: "nats" });
    this.#shown.show(
      { name, line: "nats", address, slot, addedAt: clock.now(), seenAt: undefined, seen: undefined },
      true,
    );
    this.#options.onShown(name);
  }

  /** Closes what was shown without having been added: of a host of NATS, and under a name. */
  hide(natsHost: string | undefined, hidden: string): void {
    for (const { row, isFound } of this.#shown.all) {
      const { name } = row;
      if (!isFound || (name !== hidden && natsHostOf(row) !== natsHost)) continue;
      this.#shown.hide(name).catch((error) => this.#shown.noteProblem(name, error));
    }
  }

  /** Finds no more hosts; those that are shown stay. */
  [Symbol.dispose](): void {
    this.#finding?.[Symbol.dispose]();
  }
}

/**
 * Starts crashed instances again by themselves: later each time, and no more after several times in an hour.
 *
 * @module
 */

import type { Clock } from "../system/clock.ts";
import { RequestError } from "../system/request_error.ts";
import { BYPASS } from "./arguments.ts";
import type { InstanceRunner } from "./instance_runner.ts";
import type { RemoteSettings } from "./settings.ts";

/** After how many milliseconds a crashed instance is started again: the first time in an hour, the second, and so on. */
const RESTART_MS = [1_000, 5_000, 15_000, 60_000, 300_000];
const HOUR_MS = 3_600_000;

/** What is needed to start instances again. */
export interface CrashRestartsOptions {
  /** The settings. */
  readonly settings: Pick<RemoteSettings, "restartsOnCrash">;
  /** The source of time. */
  readonly clock: Clock;
  /** Does something after the starts before it, and reports what fails. */
  readonly inTurn: (work: () => Promise<void>) => void;
  /** Whether an instance is still one of ours. */
  readonly isKept: (runner: InstanceRunner) => boolean;
  /**
   * Checks that an instance may be started again.
   *
   * @returns Whether it is needed: another one may do its work by now.
   * @throws {RequestError} If it may not.
   */
  readonly check: (runner: InstanceRunner) => Promise<boolean>;
  /** Called once with what does not work now and does no other harm. */
  readonly onWarning: (message: string) => void;
}

/** See the module comment. */
export class CrashRestarts implements Disposable {
  readonly #options: CrashRestartsOptions;
  readonly #cancels = new Set<() => void>();
  #isClosed = false;

  /** Starts nothing yet. */
  constructor(options: CrashRestartsOptions) {
    this.#options = options;
  }

  /** Starts an instance again that has just crashed, in a while. */
  restartLater(runner: InstanceRunner): void {
    const { settings, clock, inTurn, onWarning } = this.#options;
    const { permissionMode, restartedAt } = runner.record;
    // Nothing automatic goes back to where nobody is asked.
    if (!settings.restartsOnCrash || this.#isClosed || permissionMode === BYPASS) return;
    const recent = restartedAt.filter((at) => clock.now() - at < HOUR_MS);
    const delay = RESTART_MS[recent.length];
    if (delay === undefined) {
      const { name, errorDetail } = runner.record;
      runner.set({ errorDetail: `${errorDetail}\n(it was started again ${recent.length} times in an hour)` });
      return onWarning(`[remote] ${name} crashes again and again: it is not started again`);
    }
    const cancel = clock.after(delay, () => {
      this.#cancels.delete(cancel);
      inTurn(() => this.#restart(runner, [...recent, clock.now()]));
    });
    this.#cancels.add(cancel);
  }

  /** Starts nothing any more. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
  }

  async #restart(runner: InstanceRunner, restartedAt: readonly number[]): Promise<void> {
    const { isKept, check } = this.#options;
    // Somebody may have resumed it, stopped it or forgotten it in the meantime.
    if (runner.record.status !== "crashed" || !isKept(runner)) return;
    try {
      if (!await check(runner)) return;
      await runner.launch(true, { restartedAt, restarts: runner.record.restarts + 1 });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      runner.set({ errorDetail: `it could not be started again: ${error.message}` });
    }
  }
}

import { type Clock, systemClock } from "../../lib/system/clock.ts";

/** A clock that goes as time does, and can be made to go faster or to show another time of day. */
export interface LeapingClock extends Clock {
  /** Lets time pass at once, in milliseconds: what is due by then calls back soon. */
  leap(ms: number): void;
  /** Sets the time of day otherwise, in milliseconds from what it is; nothing is due for that. */
  jump(ms: number): void;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
  cancel(): void;
}

/** Makes a clock that shows the machine's time. */
export function leapingClock(): LeapingClock {
  let [ahead, offset] = [0, 0];
  const timers = new Set<Timer>();
  const elapsed = () => Math.trunc(performance.now()) + ahead;
  const arm = (timer: Timer) => {
    timer.cancel();
    timer.cancel = systemClock.after(Math.max(0, timer.due - elapsed()), () => {
      timers.delete(timer);
      timer.callback();
    });
  };
  return {
    now: () => Date.now() + ahead + offset,
    elapsed,
    after(ms, callback) {
      const timer: Timer = { due: elapsed() + ms, callback, cancel: () => {} };
      timers.add(timer);
      arm(timer);
      return () => {
        timers.delete(timer);
        timer.cancel();
      };
    },
    leap(ms) {
      ahead += ms;
      for (const timer of timers) arm(timer);
    },
    jump: (ms) => void (offset += ms),
  };
}

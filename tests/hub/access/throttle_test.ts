import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SignInThrottle } from "../../../lib/hub/access/throttle.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";

const ALLOWED = { isAllowed: true } as const;

/** Makes attempts until one is refused; returns how many were allowed, and the seconds to wait. */
function exhaust(throttle: SignInThrottle, address: string, most = 1_000): [number, number] {
  for (let count = 0; count < most; count++) {
    const decision = throttle.check(address);
    if (!decision.isAllowed) return [count, decision.retryAfterSeconds];
  }
  return [most, 0];
}

/** Uses up the attempts of all strangers, each from another address. */
function exhaustStrangers(throttle: SignInThrottle): number {
  for (let count = 0;; count++) {
    if (!throttle.check(`10.0.${count >> 8}.${count & 0xff}`).isAllowed) return count;
  }
}

Deno.test("check() allows five attempts of an address, which count from their start", () => {
  const throttle = new SignInThrottle(fakeClock());
  assertEquals(exhaust(throttle, "192.0.2.1"), [5, 1]);
});

Deno.test("check() lets an address wait twice as long after each further attempt, up to five minutes", () => {
  const clock = fakeClock();
  const throttle = new SignInThrottle(clock);
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    const [, seconds] = exhaust(throttle, "192.0.2.1");
    waits.push(seconds);
    clock.advance(seconds * 1000);
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

Deno.test("check() refuses an address until its wait is over", () => {
  const clock = fakeClock();
  const throttle = new SignInThrottle(clock);
  exhaust(throttle, "192.0.2.1");
  clock.advance(999);
  assertEquals(throttle.check("192.0.2.1"), { isAllowed: false, retryAfterSeconds: 1 });
  clock.advance(1);
  assertEquals(throttle.check("192.0.2.1"), ALLOWED);
});

Deno.test("check() forgets the attempts of an address that has made none for five minutes", () => {
  const clock = fakeClock();
  const throttle = new SignInThrottle(clock);
  exhaust(throttle, "192.0.2.1");
  clock.advance(301_000);
  assertEquals(exhaust(throttle, "192.0.2.1"), [5, 1]);
});

Deno.test("check() does not let one address wait for another", () => {
  const throttle = new SignInThrottle(fakeClock());
  exhaust(throttle, "192.0.2.1");
  assertEquals(exhaust(throttle, "192.0.2.2"), [5, 1]);
});

for (
  const [one, other, isSame] of [
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["127.0.0.1", "127.9.9.9", true],
    ["127.0.0.1", "::1", true],
  ] as const
) {
  Deno.test(`check() counts ${one} and ${other} ${isSame ? "together" : "apart"}`, () => {
    const throttle = new SignInThrottle(fakeClock());
    exhaust(throttle, one);
    assertEquals(throttle.check(other).isAllowed, !isSame);
  });
}

Deno.test("check() allows 100 attempts of all strangers, and then one in three seconds", () => {
  const clock = fakeClock();
  const throttle = new SignInThrottle(clock);
  assertEquals(exhaustStrangers(throttle), 100);
  assertEquals(throttle.check("192.0.2.1"), { isAllowed: false, retryAfterSeconds: 3 });
  clock.advance(3_000);
  assertEquals(exhaust(throttle, "192.0.2.1"), [1, 3]);
});

Deno.test("check() allows attempts of this machine when strangers have none left", () => {
  const throttle = new SignInThrottle(fakeClock());
  exhaustStrangers(throttle);
  assertEquals(exhaust(throttle, "127.0.0.1"), [5, 1]);
});

Deno.test("check() allows attempts of an address that has signed in when strangers have none left", () => {
  const throttle = new SignInThrottle(fakeClock());
  throttle.check("192.0.2.1");
  throttle.succeeded("192.0.2.1");
  exhaustStrangers(throttle);
  assertEquals(exhaust(throttle, "192.0.2.1"), [5, 1]);
});

Deno.test("check() takes an address that signed in more than seven days ago for a stranger", () => {
  const clock = fakeClock();
  const throttle = new SignInThrottle(clock);
  throttle.check("192.0.2.1");
  throttle.succeeded("192.0.2.1");
  clock.advance(7 * 24 * 3_600_000);
  exhaustStrangers(throttle);
  assertEquals(exhaust(throttle, "192.0.2.1"), [0, 3]);
});

Deno.test("succeeded() gives an address all its attempts again", () => {
  const throttle = new SignInThrottle(fakeClock());
  for (let i = 0; i < 5; i++) assertEquals(throttle.check("192.0.2.1"), ALLOWED);
  throttle.succeeded("192.0.2.1");
  assertEquals(exhaust(throttle, "192.0.2.1"), [5, 1]);
});

Deno.test("succeeded() gives strangers their attempt back", () => {
  const throttle = new SignInThrottle(fakeClock());
  throttle.check("192.0.2.1");
  throttle.succeeded("192.0.2.1");
  assertEquals(exhaustStrangers(throttle), 100);
});

Deno.test("succeeded() does nothing for an address without attempts", () => {
  const throttle = new SignInThrottle(fakeClock());
  exhaustStrangers(throttle);
  throttle.succeeded("192.0.2.1");
  assertEquals(exhaust(throttle, "192.0.2.1"), [0, 3]);
});

Deno.test("withdrawn() gives an attempt back", () => {
  const throttle = new SignInThrottle(fakeClock());
  for (let i = 0; i < 50; i++) {
    assertEquals(throttle.check("192.0.2.1"), ALLOWED);
    throttle.withdrawn("192.0.2.1");
  }
  assertEquals(exhaust(throttle, "192.0.2.1"), [5, 1]);
  assertEquals(exhaustStrangers(throttle), 95);
});

Deno.test("withdrawn() does nothing for an address without attempts", () => {
  const throttle = new SignInThrottle(fakeClock());
  for (let i = 0; i < 50; i++) throttle.withdrawn("192.0.2.1");
  assertEquals(exhaust(throttle, "192.0.2.1"), [5, 1]);
});

Deno.test("a throttle remembers a bounded number of addresses, those with the latest attempts", () => {
  const clock = fakeClock();
  const throttle = new SignInThrottle(clock);
  for (let i = 0; i < 3_000; i++) {
    clock.advance(3_000);
    assertEquals(throttle.check(`10.1.${i >> 8}.${i & 0xff}`), ALLOWED);
  }
  assert(throttle.size <= 1_024, `${throttle.size} addresses`);
  assertEquals(exhaust(throttle, "10.1.11.183"), [4, 1]); // the last one
});

Deno.test("a throttle never allows more than its rates, whatever the times and addresses of attempts", () => {
  const step = fc.record({
    ms: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 400_000 })),
    host: fc.integer({ min: 1, max: 60 }),
    count: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const clock = fakeClock();
      const throttle = new SignInThrottle(clock);
      const allowed: { readonly at: number; readonly host: number }[] = [];
      for (const { ms, host, count } of steps) {
        clock.advance(ms);
        for (let i = 0; i < count; i++) {
          if (throttle.check(`192.0.2.${host}`).isAllowed) allowed.push({ at: clock.elapsed(), host });
        }
      }
      for (const [i, { at, host }] of allowed.entries()) {
        const sameHost = allowed.slice(0, i + 1).filter((each) => each.host === host);
        // Five at once, and after waits of 1, 2, 4, ... 128 seconds eight more.
        assert(sameHost.filter((each) => each.at > at - 300_000).length <= 13);
        for (const start of allowed.slice(0, i)) {
          const within = allowed.filter((each) => each.at >= start.at && each.at <= at).length;
          assert(within <= 100 + (at - start.at) / 3_000, `${within} from ${start.at} to ${at}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { SignInCodes } from "../../../lib/hub/access/sign_in_codes.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";

Deno.test("create() makes codes of 32 random bytes in base64url", () => {
  const codes = new SignInCodes(fakeClock());
  const [one, other] = [codes.create(), codes.create()];
  assertMatch(one, /^[A-Za-z0-9_-]{43}$/);
  assertNotEquals(one, other);
});

Deno.test("redeem() accepts each code once", () => {
  const codes = new SignInCodes(fakeClock());
  const [one, other] = [codes.create(), codes.create()];
  assertEquals([codes.redeem(other), codes.redeem(one)], [true, true]);
  assertEquals([codes.redeem(other), codes.redeem(one)], [false, false]);
});

Deno.test("redeem() refuses what is no code", () => {
  const codes = new SignInCodes(fakeClock());
  const code = codes.create();
  assertEquals(
    ["", "x", code.slice(1), `${code} `, "__proto__"].map((text) => codes.redeem(text)),
    Array(5).fill(false),
  );
  assertEquals(codes.redeem(code), true);
});

Deno.test("redeem() accepts a code for ten minutes, whatever happens to the time of day", () => {
  const clock = fakeClock();
  const codes = new SignInCodes(clock);
  const [early, late] = [codes.create(), codes.create()];
  clock.jump(-3_600_000);
  clock.advance(599_999);
  assertEquals(codes.redeem(early), true);
  clock.advance(1);
  assertEquals(codes.redeem(late), false);
});

Deno.test("create() replaces the oldest code when 100 are open", () => {
  const codes = new SignInCodes(fakeClock());
  const all = Array.from({ length: 101 }, () => codes.create());
  assertEquals(all.filter((code) => !codes.redeem(code)), [all[0]]);
});

Deno.test("create() replaces no open code when others have ended", () => {
  const clock = fakeClock();
  const codes = new SignInCodes(clock);
  for (let i = 0; i < 60; i++) codes.create();
  clock.advance(300_000);
  const open = Array.from({ length: 40 }, () => codes.create());
  clock.advance(300_000);
  open.push(...Array.from({ length: 60 }, () => codes.create()));
  assertEquals(open.filter((code) => !codes.redeem(code)), []);
});

import { assertEquals } from "@std/assert";
import { PushLimit } from "../../../lib/hub/push/push_limit.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";

Deno.test("take() lets a browser have six messages within any minute", () => {
  const clock = fakeClock();
  const limit = new PushLimit(clock);
  const take = () => limit.take("https://one.example/1");
  assertEquals([take(), take(), take()], [true, true, true]);
  clock.advance(30_000);
  assertEquals([take(), take(), take(), take()], [true, true, true, false]);
  clock.advance(29_999);
  assertEquals(take(), false);
  clock.advance(1);
  assertEquals([take(), take(), take(), take()], [true, true, true, false]);
});

Deno.test("take() counts each browser by itself", () => {
  const limit = new PushLimit(fakeClock());
  for (let i = 0; i < 6; i++) limit.take("https://one.example/1");
  assertEquals([limit.take("https://one.example/1"), limit.take("https://one.example/2")], [false, true]);
});

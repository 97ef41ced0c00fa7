import { assertEquals } from "@std/assert";
import { pointsOf } from "../../../lib/web/state/sparkline.ts";

Deno.test("pointsOf() draws the newest value at the right, and little as little", () => {
  assertEquals(pointsOf([0, 50], 100), "56,17 60,9");
});

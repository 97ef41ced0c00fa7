import { assertEquals, assertRejects } from "@std/assert";
import { LoginGate } from "../../lib/hosts/login_gate.ts";

Deno.test("enter() lets so many in at a time, in the order in which they came", async () => {
  const gate = new LoginGate(2);
  const { signal } = new AbortController();
  const order: string[] = [];
  const enter = async (name: string) => {
    const turn = await gate.enter(signal);
    order.push(name);
    return turn;
  };
  const [a, b] = [await enter("a"), await enter("b")];
  const [c, d] = [enter("c"), enter("d")];
  await Promise.resolve();
  assertEquals(order, ["a", "b"]);
  b[Symbol.dispose]();
  b[Symbol.dispose]();
  const third = await c;
  assertEquals(order, ["a", "b", "c"]);
  a[Symbol.dispose]();
  (await d)[Symbol.dispose]();
  third[Symbol.dispose]();
  assertEquals(order, ["a", "b", "c", "d"]);
});

Deno.test("enter() gives the place of one who gave up to the next", async () => {
  const gate = new LoginGate(1);
  const { signal } = new AbortController();
  const first = await gate.enter(signal);
  const controller = new AbortController();
  const given = assertRejects(() => gate.enter(controller.signal), Error, "enough");
  const last = gate.enter(signal);
  controller.abort(new Error("enough"));
  await given;
  first[Symbol.dispose]();
  (await last)[Symbol.dispose]();
});

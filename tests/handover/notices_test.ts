import { assertEquals, assertRejects } from "@std/assert";
import { connect, ProcessLostError } from "../../mod.ts";
import { homeOfMany, serveAt, upgrade } from "../helpers/handover.ts";
import { soon, waitFor } from "../helpers/wait.ts";

Deno.test("a client of a retired daemon's process is notified when another client takes the stream", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await using one = await connect({ socket: home.socket });
  let taken = 0;
  const mine = await one.spawn({ command: "cat", onTaken: () => taken++ });
  const text = new Response(mine.stdout).text();
  await upgrade(home);
  const writer = mine.stdin.getWriter();
  await writer.write(new TextEncoder().encode("one"));
  await using other = await connect({ socket: home.socket });
  await waitFor("the first one to come back", async () => {
    const { processes } = await other.call("process.list");
    return processes[0]?.attached === true && processes[0].daemon !== undefined;
  });
  const theirs = await other.attach(mine.id);
  await waitFor("the notice", () => taken > 0);
  await writer.write(new TextEncoder().encode("two"));
  await writer.close();
  assertEquals([await text, await new Response(theirs.stdout).text(), taken], ["onetwo", "onetwo", 1]);
  assertEquals(await soon("its exit", mine.exit), { code: 0 });
});

Deno.test("a client of a retired daemon's process is notified when the id is reused", async () => {
  await using home = await homeOfMany();
  await serveAt(home);
  await using one = await connect({ socket: home.socket });
  const old = await one.spawn({ id: "p", command: "cat" });
  await upgrade(home);
  await using other = await connect({ socket: home.socket });
  await waitFor("the first one to come back", async () => {
    const { processes } = await other.call("process.list");
    return processes[0]?.attached === true && processes[0].daemon !== undefined;
  });
  const exit = assertRejects(() => soon("its exit", old.exit), ProcessLostError);
  const fresh = await other.spawn({ id: "p", command: "true" });
  await exit;
  assertEquals(await fresh.exit, { code: 0 });
});

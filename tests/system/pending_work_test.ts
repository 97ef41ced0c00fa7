import { assertEquals } from "@std/assert";
import { PendingWork } from "../../lib/system/pending_work.ts";

Deno.test("PendingWork waits for the work that there is, whether it succeeds or fails", async () => {
  const errors: unknown[] = [];
  const pending = new PendingWork((error) => errors.push(error));
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  pending.add(first.promise);
  pending.add(second.promise);
  let isFinished = false;
  const finished = pending.finished().then(() => isFinished = true);
  const error = new Error("it failed");
  first.reject(error);
  await Promise.allSettled([first.promise, new Promise((resolve) => setTimeout(resolve, 0))]);
  assertEquals([errors, isFinished], [[error], false]);
  second.resolve();
  await finished;
  assertEquals(errors, [error]);
});

Deno.test("PendingWork does not wait for work that is added later", async () => {
  const pending = new PendingWork(() => {});
  const finished = pending.finished();
  const later = Promise.withResolvers<void>();
  pending.add(later.promise);
  await finished;
  later.resolve();
  await pending.finished();
});

import { assertEquals, assertRejects } from "@std/assert";
import { HubLink } from "../../../lib/cli/mcp/hub_link.ts";
import type { HubClient } from "../../../lib/hub/hub_client.ts";
import { HubCallError } from "../../../lib/hub/hub_errors.ts";
import { UNAUTHORIZED } from "../../../lib/rpc/errors.ts";
import { fakeHub } from "../fake_hub.ts";
import { testSession } from "../session_fixture.ts";

/** A client whose calls fail when the test says so; it notes when it is closed. */
function heldClient() {
  const calls: PromiseWithResolvers<never>[] = [];
  const held = { calls, isClosed: false };
  const client: HubClient = {
    call() {
      const answer = Promise.withResolvers<never>();
      calls.push(answer);
      return answer.promise;
    },
    follow: fakeHub({}).follow,
    [Symbol.asyncDispose]() {
      held.isClosed = true;
      return Promise.resolve();
    },
  };
  return Object.assign(held, { client });
}

const unauthorized = () => new HubCallError("session.get", UNAUTHORIZED, "unauthorized");

Deno.test("HubLink.call() connects once for all calls that a new token refuses, and closes nothing that others use", async () => {
  const former = heldClient();
  const now = { ...fakeHub({ "session.get": () => testSession() }) };
  let opened = 0;
  const link = new HubLink(former.client, () => {
    opened++;
    return Promise.resolve(now);
  });
  const get = () => link.call("session.get", { session_name: "web" });
  const [first, second, third] = [get(), get(), get()];
  former.calls[0]!.reject(unauthorized());
  former.calls[1]!.reject(unauthorized());
  assertEquals([await first, await second], [testSession(), testSession()]);
  assertEquals(former.isClosed, false);
  former.calls[2]!.reject(unauthorized());
  assertEquals(await third, testSession());
  assertEquals(opened, 1);
  await link[Symbol.asyncDispose]();
  assertEquals(former.isClosed, true);
});

Deno.test("HubLink.call() passes on any other failure, and a second refusal", async () => {
  const unknown = new HubCallError("session.get", -32004, "there is no such session");
  const hub = (error: Error) =>
    fakeHub({
      "session.get": () => {
        throw error;
      },
    });
  let opened = 0;
  const open = () => {
    opened++;
    return Promise.resolve(hub(unauthorized()));
  };
  const get = (link: HubLink) => link.call("session.get", { session_name: "web" });
  await using failing = new HubLink(hub(unknown), open);
  assertEquals([await assertRejects(() => get(failing)), opened], [unknown, 0]);
  await using refused = new HubLink(hub(unauthorized()), open);
  await assertRejects(() => get(refused), HubCallError, "unauthorized");
  assertEquals(opened, 1);
});

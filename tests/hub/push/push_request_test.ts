import { assertEquals, assertRejects } from "@std/assert";
import { sendPush } from "../../../lib/hub/push/push_request.ts";
import { generateVapidKey, importVapidKeys, VapidProofs } from "../../../lib/hub/push/vapid.ts";
import { type FakeClock, fakeClock } from "../../helpers/fake_clock.ts";
import { type PushBrowser, pushBrowser } from "../../helpers/push_browser.ts";
import { pushService } from "../../helpers/push_service.ts";

const NOTICE = { kind: "finished", session: "s", path: "/sessions/s" } as const;

async function send(browser: PushBrowser, clock: FakeClock = fakeClock(), signal = new AbortController().signal) {
  const { endpoint, keys: { p256dh: publicKey, auth } } = browser.subscription;
  const proofs = new VapidProofs(await importVapidKeys(await generateVapidKey()), "mailto:me@example.org");
  return await sendPush({ signIn: "a", endpoint, publicKey, auth, createdAt: 0 }, NOTICE, { proofs, clock, signal });
}

Deno.test({
  name: "sendPush() says which host the hub has no permission for",
  permissions: { net: ["push.example.org:443"] },
  fn: async () => {
    assertEquals(await send(await pushBrowser("https://other.example.org/1")), {
      kind: "failed",
      problem: "the hub was started without permission to reach other.example.org",
    });
  },
});

Deno.test("sendPush() may be repeated when the push service cannot be reached", async () => {
  const service = pushService();
  await service[Symbol.asyncDispose]();
  assertEquals(await send(await pushBrowser(`http://${service.host}/push/phone`)), {
    kind: "later",
    problem: `dial tcp ${service.host}: connect: connection refused`,
    afterSeconds: undefined,
  });
});

Deno.test("sendPush() gives up a push service that does not answer within 10 seconds", async () => {
  const stuck = Promise.withResolvers<Response>();
  await using service = pushService(() => stuck.promise);
  const browser = await service.browser("phone");
  const clock = fakeClock();
  const sending = send(browser, clock);
  await service.received(1);
  clock.advance(10_000);
  assertEquals(await sending, { kind: "later", problem: "no answer within 10 s", afterSeconds: undefined });
  stuck.resolve(new Response(null));
});

Deno.test("sendPush() throws the reason when it is given up", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  stop.abort(reason);
  const browser = await pushBrowser("http://127.0.0.1:1/1");
  assertEquals(await assertRejects(() => send(browser, fakeClock(), stop.signal)), reason);
});

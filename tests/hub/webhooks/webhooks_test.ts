import { assertEquals, assertStringIncludes } from "@std/assert";
import { createHmac } from "node:crypto";
import { parseWebhooks, type WebhookConfig } from "../../../lib/hub/webhooks/webhook_config.ts";
import { Webhooks } from "../../../lib/hub/webhooks/webhooks.ts";
import { Store } from "../../../lib/store/store.ts";
import type { Clock } from "../../../lib/system/clock.ts";
import { createLogger } from "../../../lib/system/log.ts";
import { type FakeClock, fakeClock } from "../../helpers/fake_clock.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { waitFor } from "../../helpers/wait.ts";
import { webhookReceiver } from "../../helpers/webhook_receiver.ts";

const DAY_MS = 86_400_000;

function configOf(...tables: readonly Record<string, unknown>[]): readonly WebhookConfig[] {
  const parsed = parseWebhooks(tables);
  if ("problem" in parsed) throw new Error(parsed.problem.text);
  return parsed.value;
}

/** A hub's webhooks, with a store that outlives them. */
class World implements AsyncDisposable {
  readonly sessions = new MemorySessions();
  readonly store = Store.open(":memory:");
  readonly clock: FakeClock = fakeClock();
  log = "";
  readonly #started: Webhooks[] = [];

  constructor() {
    this.sessions.create("s", { name: "web" });
  }

  start(webhooks: readonly WebhookConfig[], clock: Clock = this.clock): Webhooks {
    const log = createLogger({ level: "debug", write: (line) => void (this.log += line) });
    const { sessions, store } = this;
    const started = new Webhooks({ webhooks, sessions, store, url: () => "http://hub", clock, log });
    started.start();
    this.#started.push(started);
    return started;
  }

  /** A turn ends with this answer. */
  finishTurn(result: string): void {
    this.sessions.add("s", { type: "result", is_error: false, result }, "result");
  }

  /** Waits until a webhook has failed and waits for its next try. */
  async waiting(seconds: number): Promise<void> {
    const isWaiting = () => this.log.includes(`next try in ${seconds} s`) && this.clock.pending === 1;
    await waitFor(`a wait of ${seconds} s`, isWaiting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#started) await started[Symbol.asyncDispose]();
    this.store.close();
  }
}

Deno.test("webhooks are told of events, with a signature, and without what agents said", async () => {
  await using receiver = webhookReceiver();
  await using world = new World();
  const secret = "sixteen letters!";
  const webhooks = world.start(configOf({ url: `${receiver.url}/hook`, secret }));
  world.finishTurn("the password is swordfish");
  const [request] = await receiver.received(1);
  const { method, path, headers, body } = request!;
  assertEquals([method, path, headers.get("content-type")], ["POST", "/hook", "application/json"]);
  const digest = createHmac("sha256", secret).update(body).digest("hex");
  assertEquals(headers.get("x-claustrum-signature"), `sha256=${digest}`);
  const { event, session, host, url } = JSON.parse(body);
  assertEquals([event, session, host, url], ["turn.finished", { id: "s", name: "web" }, "here", "http://hub"]);
  assertEquals(body.includes("swordfish"), false);
  await waitFor("the delivery to be noted", () => world.store.deliveries.count() === 0);
  const state = { name: `json ${new URL(receiver.url).host}`, pending: 0, delivered: 1, failed: 0, problem: undefined };
  assertEquals(webhooks.states, [state]);
});

Deno.test("webhooks are told of the events that they want, with content if they want it", async () => {
  await using receiver = webhookReceiver();
  await using world = new World();
  world.start(configOf(
    { url: `${receiver.url}/turns`, events: ["turn.finished"], include_content: true },
    { url: `${receiver.url}/errors`, events: ["session.error"] },
  ));
  world.sessions.add("s", { prompt: "hello" }, "prompt");
  world.finishTurn("done");
  const [request] = await receiver.received(1);
  assertEquals([request!.path, JSON.parse(request!.body).content], ["/turns", { result: "done" }]);
  assertEquals(world.store.deliveries.count() <= 1, true);
});

Deno.test("a webhook that answers with an error is told again twice, and then given up", async () => {
  await using receiver = webhookReceiver((index) => new Response("no", { status: index < 3 ? 500 : 200 }));
  await using world = new World();
  const webhooks = world.start(configOf({ url: receiver.url }));
  world.finishTurn("first");
  await receiver.received(1);
  await world.waiting(5);
  assertEquals(webhooks.states[0]!.problem?.text, "HTTP 500");
  world.clock.advance(4_999);
  world.finishTurn("second");
  assertEquals(receiver.requests.length, 1);
  world.clock.advance(1);
  await receiver.received(2);
  await world.waiting(60);
  world.clock.advance(60_000);
  const ids = (await receiver.received(4)).map(({ body }) => JSON.parse(body).id);
  assertEquals([ids[1], ids[2], ids[3] === ids[0]], [ids[0], ids[0], false]);
  await waitFor("the second delivery", () => world.store.deliveries.count() === 0);
  const { delivered, failed, problem } = webhooks.states[0]!;
  assertEquals([delivered, failed, problem], [1, 1, undefined]);
  const name = `json ${new URL(receiver.url).host}`;
  assertStringIncludes(world.log, `[webhooks] ${name} was not told of turn.finished yet, next try in 5 s: HTTP 500\n`);
  assertStringIncludes(world.log, `[webhooks] ${name} was not told of turn.finished, after 3 tries: HTTP 500\n`);
});

Deno.test("a webhook that does not answer is given ten seconds", async () => {
  await using receiver = webhookReceiver((index) => index === 0 ? "hang" : new Response("ok"));
  await using world = new World();
  const webhooks = world.start(configOf({ url: receiver.url }));
  world.finishTurn("first");
  await receiver.received(1);
  world.clock.advance(9_999);
  assertEquals(webhooks.states[0]!.problem, undefined);
  world.clock.advance(1);
  await waitFor("the failure", () => webhooks.states[0]!.problem?.text === "no answer within 10 s");
  await world.waiting(5);
  world.clock.advance(5_000);
  await receiver.received(2);
  await waitFor("the delivery", () => webhooks.states[0]!.delivered === 1);
});

Deno.test("a webhook that redirects is not followed", async () => {
  await using elsewhere = webhookReceiver();
  await using receiver = webhookReceiver(() =>
    new Response(null, { status: 307, headers: { location: elsewhere.url } })
  );
  await using world = new World();
  const webhooks = world.start(configOf({ url: receiver.url }));
  world.finishTurn("first");
  await waitFor("the failure", () => webhooks.states[0]!.problem !== undefined);
  assertEquals(webhooks.states[0]!.problem?.text, "HTTP 307: redirects are not followed");
  assertEquals(elsewhere.requests.length, 0);
});

Deno.test("an answer that never ends is not read", async () => {
  let isCancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
        cancel: () => void (isCancelled = true),
      }),
    );
  await using receiver = webhookReceiver(endless);
  await using world = new World();
  const webhooks = world.start(configOf({ url: receiver.url }));
  world.finishTurn("first");
  await waitFor("the delivery", () => webhooks.states[0]!.delivered === 1);
  await waitFor("the end of the answer", () => isCancelled);
});

Deno.test("a webhook that cannot be reached is named without its address in the log", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using world = new World();
  const webhooks = world.start(configOf({ url: `http://u:p@127.0.0.1:${port}/secret-topic` }));
  world.finishTurn("first");
  await waitFor("the failure", () => webhooks.states[0]!.problem !== undefined);
  assertEquals(webhooks.states[0]!.problem?.text, `dial tcp 127.0.0.1:${port}: connect: connection refused`);
  assertEquals(world.log.includes("secret-topic"), false, world.log);
});

Deno.test("a webhook whose address has a name and a password is told them", async () => {
  await using receiver = webhookReceiver();
  await using world = new World();
  world.start(configOf({ url: receiver.url.replace("//", "//me:p%40ss@") }));
  world.finishTurn("first");
  const [request] = await receiver.received(1);
  assertEquals(request!.headers.get("authorization"), `Basic ${btoa("me:p@ss")}`);
});

Deno.test("what a hub could not deliver is delivered by the next one, in order", async () => {
  await using receiver = webhookReceiver((index) => index === 0 ? "hang" : new Response("ok"));
  await using world = new World();
  const config = configOf({ url: receiver.url, include_content: true });
  const first = world.start(config);
  for (const answer of ["a", "b", "c"]) world.finishTurn(answer);
  await receiver.received(1);
  await first[Symbol.asyncDispose]();
  world.finishTurn("nobody listens");
  assertEquals(world.store.deliveries.count(), 3);
  world.start(config);
  const answers = (await receiver.received(4)).map(({ body }) => JSON.parse(body).content.result);
  assertEquals(answers, ["a", "a", "b", "c"]);
});

Deno.test("content that an earlier configuration allowed is not sent when it is not allowed any more", async () => {
  await using receiver = webhookReceiver((index) => index === 0 ? "hang" : new Response("ok"));
  await using world = new World();
  const first = world.start(configOf({ url: receiver.url, include_content: true }));
  world.finishTurn("swordfish");
  await receiver.received(1);
  await first[Symbol.asyncDispose]();
  world.start(configOf({ url: receiver.url }));
  const [before, after] = await receiver.received(2);
  assertEquals([before!.body.includes("swordfish"), after!.body.includes("swordfish")], [true, false]);
});

Deno.test("what is left for webhooks that are not configured any more is forgotten", async () => {
  await using world = new World();
  const row = { event: "turn.finished", body: "{}", at: world.clock.now(), nextAt: 0 };
  world.store.deliveries.insert({ ...row, webhook: "former" });
  world.start([]);
  assertEquals([world.store.deliveries.count(), world.sessions.listeners], [0, 0]);
});

Deno.test("what has waited for a day is forgotten, and counts as failed", async () => {
  await using receiver = webhookReceiver();
  await using world = new World();
  const [webhook] = configOf({ url: receiver.url });
  const row = { webhook: webhook!.key, event: "turn.finished", body: "{}", nextAt: 0 };
  world.store.deliveries.insert({ ...row, at: world.clock.now() - DAY_MS - 1 });
  const webhooks = world.start([webhook!]);
  await waitFor("the delivery to be given up", () => world.store.deliveries.count() === 0);
  assertEquals([webhooks.states[0]!.failed, receiver.requests.length], [1, 0]);
  assertStringIncludes(world.log, "is not told of 1 events: they are older than a day\n");
});

Deno.test("the oldest of too many notices is forgotten", async () => {
  await using receiver = webhookReceiver(() => "hang");
  await using world = new World();
  const webhooks = world.start(configOf({ url: receiver.url }));
  for (let i = 0; i < 1_003; i++) world.finishTurn(`${i}`);
  assertEquals([webhooks.states[0]!.pending, webhooks.states[0]!.failed], [1_000, 3]);
});

Deno.test("a webhook that hangs does not hold up others", async () => {
  await using receiver = webhookReceiver((_, { path }) => path === "/slow" ? "hang" : new Response("ok"));
  await using world = new World();
  const urls = ["slow", "b", "c", "d", "e", "f"].map((path) => ({ url: `${receiver.url}/${path}` }));
  const webhooks = world.start(configOf(...urls));
  world.finishTurn("first");
  await waitFor("the others", () => webhooks.states.filter(({ delivered }) => delivered === 1).length === 5);
  assertEquals(webhooks.states[0]!.pending, 1);
});

Deno.test("at most four webhooks are told at once", async () => {
  let [present, most] = [0, 0];
  await using receiver = webhookReceiver(async () => {
    most = Math.max(most, ++present);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    present--;
    return new Response("ok");
  });
  await using world = new World();
  const webhooks = world.start(configOf(...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ url: `${receiver.url}/${n}` }))));
  world.finishTurn("first");
  await waitFor("all of them", () => webhooks.states.every(({ delivered }) => delivered === 1));
  assertEquals(most, 4);
});

Deno.test("a clock that was set back makes no webhook wait for longer", async () => {
  await using receiver = webhookReceiver((index) => new Response(null, { status: index === 0 ? 500 : 200 }));
  await using world = new World();
  world.start(configOf({ url: receiver.url }));
  world.finishTurn("first");
  await receiver.received(1);
  await world.waiting(5);
  world.clock.jump(-DAY_MS);
  world.clock.advance(60_000);
  await receiver.received(2);
});

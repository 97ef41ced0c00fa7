import { assertEquals } from "@std/assert";
import type { SessionHome } from "../../helpers/session_home.ts";
import { sessionHome } from "../../helpers/session_home.ts";
import { isAlive, waitFor } from "../../helpers/wait.ts";
import { type ReceivedRequest, webhookReceiver } from "../../helpers/webhook_receiver.ts";

/** A home directory with the idle session `work`, and a hub that tells a webhook of all events. */
async function withWebhook(url: string, more = ""): Promise<SessionHome> {
  const home = await sessionHome(`[[webhooks]]\nurl = ${JSON.stringify(url)}\n${more}`);
  await home.session("start", home.work, "--trust");
  return home;
}

/** The names of the events, in order. */
function eventsOf(requests: readonly ReceivedRequest[]): string[] {
  return requests.map(({ body }) => JSON.parse(body).event);
}

Deno.test("a hub tells webhooks of a session's events, and nothing of what was said and done in it", async () => {
  await using receiver = webhookReceiver();
  await using home = await withWebhook(receiver.url);
  await home.run(["session", "send", "work", "tool Bash touch swordfish", "--wait"]);
  await home.session("deny", "work", "--message", "no swordfish");
  await receiver.received(2);
  await home.session("stop", "work");
  await receiver.received(3);
  await home.run(["session", "send", "work", "crash 3 swordfish", "--wait"]);
  const requests = await receiver.received(4);
  assertEquals(eventsOf(requests), [
    "session.waiting_permission",
    "turn.finished",
    "session.stopped",
    "session.stopped",
  ]);
  const { permission, session } = JSON.parse(requests[0]!.body);
  assertEquals([permission.tool_name, session.name], ["Bash", "work"]);
  assertEquals(requests.filter(({ body }) => body.includes("swordfish")), []);
});

Deno.test("a hub tells webhooks what was said and done where the configuration wants that", async () => {
  await using receiver = webhookReceiver();
  await using home = await withWebhook(receiver.url, "include_content = true\n");
  await home.run(["session", "send", "work", "tool Bash touch swordfish", "--wait"]);
  await home.session("deny", "work");
  const [asked] = await receiver.received(2);
  assertEquals(JSON.parse(asked!.body).content.input.command, "touch swordfish");
});

Deno.test("a hub that is killed while it tells a webhook leaves that to the next hub", async () => {
  await using receiver = webhookReceiver((index) => index === 0 ? "hang" : new Response("ok"));
  await using home = await withWebhook(receiver.url);
  assertEquals(await home.session("send", "work", "one", "--wait"), "echo: one\n");
  await receiver.received(1);
  await home.session("send", "work", "two", "--wait");
  const pid = home.hubPid();
  Deno.kill(pid, "SIGKILL");
  await waitFor("the end of the hub", () => !isAlive(pid));
  assertEquals((await home.run(["hub", "start", "--no-web"])).code, 0);
  const requests = await receiver.received(3);
  const ids = requests.map(({ body }) => JSON.parse(body).id);
  assertEquals([eventsOf(requests), ids[1], ids[2] === ids[0]], [Array(3).fill("turn.finished"), ids[0], false]);
});

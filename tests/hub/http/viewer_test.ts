import { assertEquals } from "@std/assert";
import { hubWeb, type Json, type RequestHeaders } from "../../helpers/hub_web.ts";
import { MemoryRemote } from "../../helpers/memory_remote.ts";
import { waitFor } from "../../helpers/wait.ts";

const LINKS = {
  url: "https://claude.ai/code?environment=env_1",
  session_url: "https://claude.ai/code/session_1?from=cli",
  environment_id: "env_1",
};
const NO_LINKS = { url: null, session_url: null, environment_id: null };

async function hubWithInstance() {
  const remote = new MemoryRemote();
  const instance = remote.create("i");
  const hub = await hubWeb({ remote });
  return {
    hub,
    instance,
    viewer: hub.apiToken("reader", true),
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

function linksOf({ url, session_url, environment_id }: Json): Json {
  return { url, session_url, environment_id };
}

for (const path of ["/api/instances", "/api/instances/i"]) {
  Deno.test(`GET ${path} keeps the links from who may only look`, async () => {
    await using at = await hubWithInstance();
    const links = async (headers: RequestHeaders) =>
      linksOf([(await at.hub.request(path, { headers })).json].flat()[0]);
    assertEquals(await links(at.viewer), NO_LINKS);
    assertEquals(await links(at.hub.owner), LINKS);
  });
}

Deno.test("the QR code of an instance is not for who may only look", async () => {
  await using at = await hubWithInstance();
  const { status, text } = await at.hub.request("/api/instances/i/qr", { headers: at.viewer });
  assertEquals([status, text.includes("session_1")], [403, false]);
});

Deno.test("a WebSocket tells who may only look of instances without their links", async () => {
  await using at = await hubWithInstance();
  const { topics } = at.hub;
  await using viewer = await at.hub.live("/ws/dashboard", at.viewer);
  await using owner = await at.hub.live("/ws/dashboard", at.hub.owner);
  for (const client of [viewer, owner]) client.send({ type: "subscribe", watch: ["instances"] });
  for (const client of [viewer, owner]) await client.message("the snapshot", ({ type }) => type === "snapshot");
  topics.publish({ topic: "instances", instance: at.instance });
  const seen = (await viewer.message("the notice", ({ type }) => type === "notice")).instance;
  assertEquals([seen.id, linksOf(seen)], ["i", NO_LINKS]);
  assertEquals(linksOf((await owner.message("the notice", ({ type }) => type === "notice")).instance), LINKS);
});

Deno.test("an event stream tells who may only look of instances without their links", async () => {
  await using at = await hubWithInstance();
  const response = await at.hub.open("/api/events?watch=instances", { headers: at.viewer });
  await waitFor("the follower", () => at.hub.topics.isWatched("instances"));
  at.hub.topics.publish({ topic: "instances", instance: at.instance });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("event: notice")) break;
  }
  assertEquals([text.includes("name-i"), /env_1|session_1/.test(text)], [true, false]);
});

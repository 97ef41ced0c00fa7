import { assertEquals, assertStringIncludes } from "@std/assert";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubWeb, type TestHubWeb, type WebReply } from "../../helpers/hub_web.ts";
import { rawRequest } from "../../helpers/raw_http.ts";
import { waitFor } from "../../helpers/wait.ts";

const MAX_BYTES = 8 << 20;
const PROMPT = "/api/sessions/s/prompt";

function post(hub: TestHubWeb, body: BodyInit, type: string | undefined = "application/json"): Promise<WebReply> {
  const headers = { ...hub.owner, ...(type === undefined ? {} : { "content-type": type }) };
  return hub.request(PROMPT, { method: "POST", headers, body });
}

/** A prompt that makes a body of a number of bytes. */
function bodyOf(bytes: number): string {
  const frame = JSON.stringify({ prompt: "" });
  return JSON.stringify({ prompt: "x".repeat(bytes - frame.length) });
}

/** Sends a text in pieces, without saying how long it is. */
function chunked(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}

Deno.test("a body may have 8 MiB, however it is sent", async () => {
  await using hub = await hubWeb();
  assertEquals((await post(hub, bodyOf(MAX_BYTES))).status, 202);
  assertEquals((await post(hub, chunked(bodyOf(MAX_BYTES)))).status, 202);
});

Deno.test("a longer body is refused, however it is sent", async () => {
  await using hub = await hubWeb();
  const expected = {
    status: 413,
    title: "Content Too Large",
    detail: `a body may have ${MAX_BYTES} bytes at most`,
    code: -32013,
  };
  const length = { "content-length": `${MAX_BYTES + 1}` };
  const headers = { host: "localhost", "content-type": "application/json", ...hub.owner };
  // The hub needs to read nothing of it.
  const announced = await hub.raw(rawRequest("POST", PROMPT, { ...headers, ...length }));
  assertEquals([announced.status, JSON.parse(announced.body)], [413, expected]);
  const pieces = Array.from({ length: 9 }, () => `100000\r\n${"x".repeat(1 << 20)}\r\n`);
  const sent = await hub.raw([
    rawRequest("POST", PROMPT, { ...headers, "transfer-encoding": "chunked" }),
    ...pieces,
    "0\r\n\r\n",
  ]);
  assertEquals(sent.status, 413);
  assertEquals(hub.sessions.lastEvent, 0);
  assertEquals((await post(hub, bodyOf(100))).status, 202);
});

Deno.test("who has not signed in may send 64 KiB only", async () => {
  await using hub = await hubWeb();
  const send = async (bytes: number) => {
    const body = JSON.stringify({ token: hub.token }).padEnd(bytes, " ");
    const headers = { "content-type": "application/json" };
    return (await hub.request("/api/sign-in", { method: "POST", headers, body })).status;
  };
  assertEquals([await send(64 << 10), await send((64 << 10) + 1)], [200, 413]);
});

for (
  const [name, body, status, detail] of [
    ["is cut short", '{"prompt":"x', 400, "the body is not valid JSON: "],
    ["is no JSON", "prompt=x", 400, "the body is not valid JSON: "],
    ["is not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), 400, "the body is not valid UTF-8"],
    ["is nested too deeply", `{"prompt":${"[".repeat(201)}${"]".repeat(201)}}`, 400, "the body is nested too deeply"],
    ["is nested far too deeply", `{"prompt":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, 400, "the body is "],
    ["is a text", '"x"', 422, "the body must be a JSON object"],
    ["is a list", "[]", 422, "the body must be a JSON object"],
    ["is null", "null", 422, "the body must be a JSON object"],
    ["is empty", "", 422, 'the field "prompt" is missing'],
    ["lacks a field", "{}", 422, 'the field "prompt" is missing'],
    ["has an unknown field", '{"prompt":"x","promt":"y"}', 422, 'there is no field "promt"'],
    ["has the field __proto__", '{"prompt":"x","__proto__":{}}', 422, 'there is no field "__proto__"'],
    ["has the field toString", '{"prompt":"x","toString":1}', 422, 'there is no field "toString"'],
    ["has a field of a wrong type", '{"prompt":5}', 422, '"prompt": expected '],
    [
      "names another session",
      '{"prompt":"x","session_name":"t"}',
      422,
      'the body says another "session_name" than the path',
    ],
  ] as const
) {
  Deno.test(`a body that ${name} is refused with ${status}`, async () => {
    await using hub = await hubWeb();
    const reply = await post(hub, body);
    assertEquals([reply.status, reply.json.status, hub.sessions.lastEvent], [status, status, 0]);
    assertStringIncludes(reply.json.detail, detail);
  });
}

Deno.test("a body may name the session of the path again", async () => {
  await using hub = await hubWeb();
  assertEquals((await post(hub, '{"prompt":"x","session_name":"s"}')).status, 202);
});

Deno.test("a body may be nested as deeply as content blocks need", async () => {
  await using hub = await hubWeb();
  const deep = `${"[".repeat(190)}${"]".repeat(190)}`;
  assertEquals((await post(hub, `{"prompt":[{"type":"tool_result","content":${deep}}]}`)).status, 202);
});

for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/vnd.prompt+json"]) {
  Deno.test(`a body of the type ${type} is read as JSON`, async () => {
    await using hub = await hubWeb();
    assertEquals((await post(hub, '{"prompt":"x"}', type)).status, 202);
  });
}

for (
  const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ]
) {
  Deno.test(`a body of the type ${JSON.stringify(type)} is refused with 415`, async () => {
    await using hub = await hubWeb();
    const { status, json } = await post(hub, new TextEncoder().encode('{"prompt":"x"}'), type);
    assertEquals([status, json.detail], [415, "send the body as application/json (curl: --json)"]);
  });
}

Deno.test("a body without a type is refused with 415", async () => {
  await using hub = await hubWeb();
  const body = '{"prompt":"x"}';
  const headers = { host: "localhost", "content-length": `${body.length}`, ...hub.owner };
  assertEquals((await hub.raw(rawRequest("POST", PROMPT, headers, body))).status, 415);
});

Deno.test("an operation without required fields needs no body", async () => {
  await using hub = await hubWeb();
  const headers = hub.owner;
  assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST", headers })).status, 200);
  assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST", headers, json: {} })).status, 200);
  assertEquals((await hub.request("/api/sessions/s/stop", { method: "POST", headers, json: { now: 1 } })).status, 422);
  assertEquals((await hub.request("/api/sessions/s", { method: "DELETE", headers, json: { force: 1 } })).status, 422);
  assertEquals((await hub.request("/api/sessions/s", { method: "DELETE", headers })).status, 200);
});

Deno.test("a body that does not arrive within 30 seconds is given up", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const headers = { host: "localhost", "content-type": "application/json", "content-length": "100", ...hub.owner };
  const pending = clock.pending;
  const replying = hub.raw(rawRequest("POST", PROMPT, headers, '{"prompt":'));
  await waitFor("the hub to wait for the body", () => clock.pending > pending);
  clock.advance(29_999);
  assertEquals((await hub.request("/healthz")).status, 200);
  clock.advance(1);
  const { status, body } = await replying;
  assertEquals([status, JSON.parse(body).detail], [408, "the body did not arrive in time"]);
  assertEquals([hub.sessions.lastEvent, clock.pending], [0, pending]);
});

Deno.test("a client that goes away while it sends a body leaves nothing behind", async () => {
  const clock = fakeClock();
  await using hub = await hubWeb({ clock });
  const pending = clock.pending;
  const headers = { host: "localhost", "content-type": "application/json", "content-length": "100", ...hub.owner };
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  await conn.write(new TextEncoder().encode(rawRequest("POST", PROMPT, headers, '{"prompt":')));
  await waitFor("the hub to wait for the body", () => clock.pending > pending);
  conn.close();
  await waitFor("the hub to give up", () => clock.pending === pending);
  assertEquals([hub.sessions.lastEvent, hub.log().includes("bug")], [0, false]);
});

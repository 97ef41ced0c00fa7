import { assertEquals, assertThrows } from "@std/assert";
import { SECRET } from "../helpers/hub_process.ts";
import { seededRandom } from "../helpers/random.ts";
import { httpTarget } from "./http.ts";
import { checkReply, type Reply } from "./http_replies.ts";
import { fuzzRequest, type HttpCase } from "./http_requests.ts";
import { checkOutput, expectationOf } from "./reply_check.ts";
import { fuzzId, fuzzLine } from "./request_lines.ts";
import { requestTarget } from "./requests.ts";
import { tarTarget } from "./tar.ts";
import { Finding } from "./target.ts";
import { compareTimes } from "./timing.ts";
import { zstdTarget } from "./zstd.ts";

/** The first seed, far from those of long runs. */
const SEED = 7_000_000;

// A few rounds, which show that the fuzzers work; `.ci/run` runs each of them with many more.
for (
  const [name, start, rounds] of [
    ["requests", () => requestTarget("seed"), 15],
    ["requests of next", () => requestTarget("next"), 5],
    ["tar", tarTarget, 10],
    ["zstd", zstdTarget, 5],
    ["http", httpTarget, 12],
  ] as const
) {
  Deno.test(`fuzzing ${name} finds no error in ${rounds} rounds`, async () => {
    await using target = await start();
    for (let i = 0; i < rounds; i++) await target.round(SEED + i);
    await target.finish();
  });
}

Deno.test("fuzzLine() generates the same requests when the seed is the same", () => {
  const lines = () => {
    const random = seededRandom(3);
    return Array.from({ length: 50 }, () => fuzzLine("1-1-38", { directory: "/d", token: "t" }, random).bytes.toHex());
  };
  assertEquals(lines(), lines());
});

const PING = { jsonrpc: "2.0", id: fuzzId(1, 1), method: "server.ping", auth: "t" };
const PONG = `{"jsonrpc":"2.0","id":"${PING.id}","result":{"pong":true}}\n`;

/** Checks the output of a daemon for one line. */
function check(line: unknown, output: string): void {
  const bytes = new TextEncoder().encode(typeof line === "string" ? line : JSON.stringify(line));
  const expected = [expectationOf(bytes, { bytes, id: PING.id, isClean: true }, "t")];
  checkOutput(new TextEncoder().encode(output), expected);
}

Deno.test("checkOutput() accepts the replies of the contract", () => {
  const error = (code: number, id = `"${PING.id}"`) =>
    `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"x"}}\n`;
  const frame = '{"type":"stream","processId":"p","stream":"stdout","seq":1,"data":"aGk="}\n';
  check(PING, frame + PONG);
  check("{", error(-32700, "null"));
  check({ ...PING, auth: "u" }, error(-32001));
  check({ ...PING, jsonrpc: "1.0" }, error(-32600));
  check({ ...PING, method: "server.x" }, error(-32601));
  check({ ...PING, method: "files.stat" }, error(-32602));
});

/** Wrong outputs, each with the line that was sent and a description. */
const WRONG: Readonly<Record<string, readonly [line: unknown, output: string]>> = {
  "no answer": [PING, ""],
  "two answers": [PING, PONG + PONG],
  "an answer without an end": [PING, PONG.trimEnd()],
  "another id": [PING, PONG.replace("1-1", "1-2")],
  "an unknown field": [PING, PONG.replace("true}", 'true,"more":1}')],
  "a field of another type": [PING, PONG.replace("true", "1")],
  "a field too few": [PING, PONG.replace('"pong":true', "")],
  "another order": [PING, `{"id":"${PING.id}","jsonrpc":"2.0","result":{"pong":true}}\n`],
  "a parse error for a good line": [PING, '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}\n'],
  "an answer to nonsense": ["{", PONG],
  "a wrong token that is taken": [{ ...PING, auth: "u" }, PONG],
  "an unknown code": [PING, PONG.replace('"result":{"pong":true}', '"error":{"code":-1,"message":"x"}')],
  "a panic": [
    { ...PING, method: "files.stat", params: {} },
    PONG.replace('"result":{"pong":true}', '"error":{"code":-32603,"message":"recovered panic: x"}'),
  ],
  "a text that is not escaped": [
    PING,
    PONG + '{"type":"stream","processId":"<","stream":"exit","seq":1,"exitCode":0}\n',
  ],
  "a frame that is none": [PING, PONG + '{"type":"stream","processId":"p","stream":"exit","seq":1}\n'],
};

for (const [what, [line, output]] of Object.entries(WRONG)) {
  Deno.test(`checkOutput() finds ${what}`, () => {
    assertThrows(() => check(line, output), Finding);
  });
}

Deno.test("fuzzRequest() generates the same requests when the seed is the same", () => {
  const places = { host: "localhost", token: "t".repeat(43), readOnlyToken: "r", cookie: "c=1", pageKey: "k" };
  const requests = () => {
    const random = seededRandom(3);
    return Array.from({ length: 50 }, () => fuzzRequest(places, random).bytes.toHex());
  };
  assertEquals(requests(), requests());
});

const STRANGER: HttpCase = { bytes: new Uint8Array(), method: "GET", target: "/", isAdmitted: false, isForeign: false };
const OWNER: HttpCase = { ...STRANGER, isAdmitted: true };
const HEAD = "http/1.1 200 ok\r\nx-content-type-options: nosniff\r\ncontent-type: application/json\r\n\r\n";
const PROBLEM_HEAD = HEAD.replace("/json", "/problem+json");
const DATA: Reply = { status: 200, head: HEAD, body: "[]", isLast: false };
const PROBLEM: Reply = { status: 401, head: PROBLEM_HEAD, body: '{"status":401}', isLast: false };

Deno.test("checkReply() accepts data for who has signed in, and a problem for others", () => {
  checkReply(OWNER, DATA);
  checkReply(STRANGER, PROBLEM);
  checkReply(STRANGER, { ...DATA, body: '{"status":"ok"}' });
});

/** Wrong responses, each with the request and a description. */
const WRONG_REPLIES: Readonly<Record<string, readonly [HttpCase, Reply]>> = {
  "a failure of the hub": [OWNER, { ...PROBLEM, status: 500, body: '{"status":500}' }],
  "data for who has not signed in": [STRANGER, DATA],
  "events for who has not signed in": [STRANGER, {
    ...DATA,
    head: HEAD.replace("application/json", "text/event-stream"),
    body: "",
    isLast: true,
  }],
  "a WebSocket for who has not signed in": [STRANGER, { status: 101, head: HEAD, body: "", isLast: true }],
  "a secret in a problem": [STRANGER, { ...PROBLEM, body: `{"status":401,"detail":"${SECRET}"}` }],
  "data under a foreign name": [{ ...OWNER, isForeign: true }, DATA],
  "data without the usual headers": [OWNER, { ...DATA, head: HEAD.replace("nosniff", "sniff") }],
  "a problem that is not called one": [STRANGER, { ...PROBLEM, head: HEAD }],
  "a problem with another status": [STRANGER, { ...PROBLEM, body: '{"status":403}' }],
};

for (const [what, [request, reply]] of Object.entries(WRONG_REPLIES)) {
  Deno.test(`checkReply() finds ${what}`, () => {
    assertThrows(() => checkReply(request, reply), Finding);
  });
}

/** Times with as much noise as those of requests, of which some are disturbed. */
function noisyTimes(mean: number, count: number, random: () => number): number[] {
  return Array.from({ length: count }, () => mean * (0.9 + 0.2 * random() + (random() < 0.05 ? 10 * random() : 0)));
}

Deno.test("compareTimes() finds a difference of a few percent, and none where there is none", () => {
  const random = seededRandom(5);
  const [first, same] = [noisyTimes(1, 2_000, random), noisyTimes(1, 2_000, random)];
  assertEquals(compareTimes(first, same).isClear, false);
  const slower = compareTimes(first, noisyTimes(1.04, 2_000, random));
  assertEquals([slower.isClear, slower.t > 0, slower.power < 0.04], [true, true, true], JSON.stringify(slower));
});

/**
 * Generates HTTP requests for the hub: valid ones of every operation, and mutations of them.
 *
 * @module
 */

import { concat } from "../../lib/system/io.ts";
import { OPERATIONS } from "../../lib/hub/operations.ts";
import { SESSION } from "../helpers/hub_process.ts";
import { pick } from "../helpers/random.ts";
import { fuzzBody } from "./http_bodies.ts";
import { below, IN_PLACE, MOVING, mutate } from "./mutate.ts";

const ENCODER = new TextEncoder();

/** Random numbers in [0, 1). */
export type Random = () => number;
/** Headers as name and value. */
export type Headers = readonly (readonly [string, string])[];

/** A hub, and who may talk to it. */
export interface HttpPlaces {
  /** The host and the port. */
  readonly host: string;
  /** The hub's token. */
  readonly token: string;
  /** A token that may only read. */
  readonly readOnlyToken: string;
  /** The `Cookie` header of a browser that has signed in. */
  readonly cookie: string;
  /** What our page knows in that browser. */
  readonly pageKey: string;
}

/** A request that is valid HTTP: it must be answered. */
export interface HttpCase {
  readonly bytes: Uint8Array;
  readonly method: string;
  readonly target: string;
  /** Whether the credentials may suffice to see anything. */
  readonly isAdmitted: boolean;
  /** Whether it is not addressed to the hub. */
  readonly isForeign: boolean;
}

/** Credentials. */
export interface Credentials {
  readonly headers: Headers;
  readonly isAdmitted: boolean;
}

const bearer = (token: string): Headers => [["Authorization", `Bearer ${token}`]];
const PAGE = "X-Claustrum-Page";

/** Credentials that suffice. */
const RIGHT: readonly ((places: HttpPlaces) => Headers)[] = [
  ({ token }) => bearer(token),
  ({ token }) => bearer(token),
  ({ readOnlyToken }) => bearer(readOnlyToken),
  ({ cookie, pageKey, host }) => [["Cookie", cookie], [PAGE, pageKey], ["Origin", `http://${host}`]],
];

/** Credentials that do not suffice. */
const WRONG: readonly ((places: HttpPlaces, random: Random) => Headers)[] = [
  () => [],
  () => [],
  ({ token }, random) => bearer(change(token, random)),
  ({ token }, random) => bearer(token.slice(0, below(random, token.length))),
  ({ token }) => bearer(`${token}x`),
  ({ token }) => [["Authorization", `Basic ${btoa(`:${token}`)}`]],
  ({ token }) => [["Authorization", token], ["Cookie", `token=${token}`]],
  ({ cookie }) => [["Cookie", cookie]],
  ({ cookie, pageKey }, random) => [["Cookie", cookie], [PAGE, change(pageKey, random)]],
  ({ cookie, pageKey }) => [["Cookie", cookie], [PAGE, pageKey], ["Origin", "http://example.com"]],
  ({ cookie, pageKey }) => [["Cookie", cookie], [PAGE, pageKey], ["Origin", "null"]],
  ({ cookie, pageKey, host }) => [["Cookie", `${cookie}; claustrum_sign_in=x`], [PAGE, pageKey], [
    "Origin",
    `http://${host}`,
  ]],
  ({ cookie, pageKey }) => [["Cookie", cookie.replace("=", "==")], [PAGE, pageKey]],
  () => [["X-Forwarded-User", "owner"], ["X-Forwarded-For", "127.0.0.1"], ["X-Forwarded-Proto", "https"]],
];

/** Changes one character. */
function change(text: string, random: Random): string {
  const at = below(random, text.length);
  return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
}

/** Returns credentials. */
export function credentials(places: HttpPlaces, random: Random, mayBeRight = true): Credentials {
  const isAdmitted = mayBeRight && random() < 0.6;
  return { headers: pick(random, isAdmitted ? RIGHT : WRONG)(places, random), isAdmitted };
}

/** The routes: those of all operations, and the others. */
const ROUTES: readonly { readonly method: string; readonly path: string }[] = [
  ...OPERATIONS.flatMap(({ http }) => http === undefined ? [] : [http]),
  ...[
    ...[
      "/api/events",
      "/api/openapi.json",
      "/ws/dashboard",
      "/ws/terminal/:id",
      "/healthz",
      "/metrics",
      "/assets/:name",
    ],
    ...["/", "/sessions/:id", "/terminal/:id", "/favicon.ico"],
  ].map((path) => ({ method: "GET", path })),
];
const METHODS = "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE PROPFIND get X".split(" ");

/** What stands for a part of a path. */
const PARTS: readonly string[] = [
  ...[SESSION, SESSION, SESSION, "%73", "permission", "1", "2", "999999", "-1", "0", "1e3", "owner"],
  ...["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "%", "%zz", "%ff%fe", "%E2%80%A8", "%F0%9F%98%80", "\u00e9"],
  ...["", ".", "%2F", "%5c", "a;b=c", "'", '"', "<b>", "{x}", ":id", "*", "__proto__", "constructor", "undefined"],
];

/** What a path may contain where it should not. */
const INSERTS = ["/../", "//", "/./", "%2e%2e/", "\\", ";x", "%00", "%", "%zz", "%ff", "\u00e9", "[", "]", "@", "#x"];

const NAMES = "limit offset after types query active path length before what who sessions token __proto__ x".split(" ");
const VALUES: readonly string[] = [
  ...["1", "0", "500", "501", "-1", "1.5", "1e9", "99999999999999999", "true", "false", "", "assistant,prompt", "x"],
  ...[SESSION, "%00", "%", "%zz", "%ff", "+", "%2B", "a%20b", "\u00e9", "%ED%A0%80", "[]", "{}", "null"],
];

function fuzzTarget(path: string, host: string, random: Random): string {
  let target = path.replace(/:[a-z]+/g, () => random() < 0.6 ? SESSION : pick(random, PARTS));
  for (let n = below(random, 3); n > 0 && random() < 0.4; n--) target = changePath(target, random);
  const count = random() < 0.6 ? 0 : 1 + below(random, 4);
  const pairs = Array.from({ length: count }, () => `${pick(random, NAMES)}=${pick(random, VALUES)}`);
  if (pairs.length > 0) target += `?${pairs.join("&")}`;
  const chance = random();
  return chance < 0.01 ? `http://${host}${target}` : chance < 0.013 ? "*" : target;
}

function changePath(path: string, random: Random): string {
  const at = below(random, path.length);
  switch (below(random, 7)) {
    case 0:
      return `${path.slice(0, at)}${pick(random, INSERTS)}${path.slice(at)}`;
    case 1:
      return `${path.slice(0, at)}%${path.charCodeAt(at).toString(16)}${path.slice(at + 1)}`;
    case 2:
      return path.toUpperCase();
    case 3:
      return `${path}/`;
    case 4:
      return path.slice(0, at) || "/";
    case 5:
      return `${path}/${"a".repeat(random() < 0.05 ? 60_000 : 300)}`;
    default:
      return `/${pick(random, PARTS)}${path}`;
  }
}

const FOREIGN_HOSTS = [
  "example.com",
  "127.0.0.1.example.com",
  "localhost.",
  "0.0.0.0",
  "[::2]",
  "a b",
  "",
  "localhost:x",
];
const ORIGINS = ["null", "http://example.com", "", "http://localhost:1", "file://", "\u00e9", "https://127.0.0.1"];
const OTHERS: readonly ((random: Random) => readonly [string, string])[] = [
  (random) => ["User-Agent", pick(random, ["curl/8", "\u00e9".repeat(300), "x".repeat(9_000), ""])],
  (random) => ["Origin", pick(random, ORIGINS)],
  (random) => ["Accept-Encoding", pick(random, ["gzip", "br", "identity;q=0", "*"])],
  (random) => ["Connection", pick(random, ["close", "keep-alive", "Upgrade", "x"])],
  (random) => ["Upgrade", pick(random, ["websocket", "h2c", "TLS/1.0", ""])],
  () => ["HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA"],
  (random) => ["Sec-WebSocket-Key", pick(random, ["AAAAAAAAAAAAAAAAAAAAAA==", "x"])],
  (random) => ["Sec-WebSocket-Version", pick(random, ["13", "8", "x"])],
  (random) => ["Last-Event-ID", pick(random, ["1", "0", "-1", "999999999999999999", "x"])],
  (random) => ["X-Forwarded-For", pick(random, ["10.0.0.1", "x,,", "\u00e9", "1.2.3.4, 5.6.7.8"])],
  (random) => ["X-Forwarded-Proto", pick(random, ["https", "http", "x"])],
  (random) => ["X-HTTP-Method-Override", pick(random, ["DELETE", "GET"])],
  (random) => ["Range", pick(random, ["bytes=0-1", "bytes=-1", "x"])],
  (random) => ["If-None-Match", pick(random, ["*", '"x"'])],
  () => ["Expect", "100-continue"],
  (random) => ["X-Long", "x".repeat(random() < 0.05 ? 100_000 : 1_000)],
  (random) => [`X-${below(random, 1e6)}`, "\u00e9"],
];

/** Returns a request with zero or more mutations, which is valid HTTP. */
export function fuzzRequest(places: HttpPlaces, random: Random, mayBeRight = true): HttpCase {
  const route = pick(random, ROUTES);
  const method = random() < 0.8 ? route.method : pick(random, METHODS);
  const target = fuzzTarget(route.path, places.host, random);
  const { headers, isAdmitted } = credentials(places, random, mayBeRight);
  const isForeign = random() < 0.03;
  const host = isForeign ? pick(random, FOREIGN_HOSTS) : places.host;
  const others = random() < 0.6 ? [] : Array.from({ length: 1 + below(random, 3) }, () => pick(random, OTHERS)(random));
  const hasBody = random() < (method === "GET" || method === "HEAD" ? 0.03 : 0.95);
  const body = hasBody ? fuzzBody(route, places, random) : { headers: [], bytes: new Uint8Array() };
  const lines = [["Host", host], ...headers, ...others, ...body.headers].map(([name, value]) => `${name}: ${value}`);
  const version = random() < 0.01 ? "HTTP/1.0" : "HTTP/1.1";
  const head = `${method} ${target} ${version}\r\n${lines.join("\r\n")}\r\n\r\n`;
  return { bytes: concat([ENCODER.encode(head), body.bytes]), method, target, isAdmitted, isForeign };
}

/** Requests that are not HTTP, or that two parsers understand in different ways. */
const ODD: readonly ((places: HttpPlaces) => string)[] = [
  () => "GET / HTTP/9.9\r\n\r\n",
  () => "GET /healthz HTTP/1.1\r\n\r\n",
  ({ host }) => `GET /healthz HTTP/1.1\nHost: ${host}\n\n`,
  ({ host }) => `GET /healthz HTTP/1.1\r\nHost : ${host}\r\n\r\n`,
  ({ host }) => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: example.com\r\n\r\n`,
  ({ host }) => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n X: folded\r\n\r\n`,
  ({ host }) => `GET /a b HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ({ host }) => `GET http://user:x@${host}/api/sessions HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ({ host }) => `GET http://[/api/sessions HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ({ host }) => `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ({ host }) => `GET //example.com/api/sessions HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ...[
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x0\r\n\r\n",
    "Content-Length: -1\r\n\r\n{}",
    "Content-Length: +2\r\n\r\n{}",
    "Content-Length: 2, 3\r\n\r\n{}",
    "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "Content-Length: 99999999999999999999\r\n\r\n{}",
    "Content-Length: 9000000\r\n\r\n{}",
    "Content-Length: 5\r\n\r\n{}",
    "X: a\0b\r\nContent-Length: 2\r\n\r\n{}",
  ].map((rest) => ({ host }: HttpPlaces) =>
    `POST /api/sign-in HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${rest}`
  ),
  () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  () => "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
  () => "\r\n".repeat(100),
  () => "\0".repeat(1_000),
];

/** Returns bytes that may be no HTTP. */
export function fuzzBytes(places: HttpPlaces, random: Random, mayBeRight: boolean): Uint8Array {
  if (random() < 0.3) return ENCODER.encode(pick(random, ODD)(places));
  let { bytes } = fuzzRequest(places, random, mayBeRight);
  for (let n = below(random, 4); n > 0; n--) bytes = mutate(bytes, random, random() < 0.6 ? IN_PLACE : MOVING);
  return bytes;
}

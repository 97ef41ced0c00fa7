import { decodeBase64Url, type Json } from "./push_browser.ts";
import { type PushBrowser, pushBrowser } from "./push_browser.ts";
import { waitFor } from "./wait.ts";

/** A request that a push service has received. */
export interface PushRequest {
  /** The name of the browser that it is for. */
  readonly browser: string;
  readonly headers: Headers;
  /** The message, as the browser reads it. */
  readonly message: Json;
  /** The parts of the token with which the hub proves who it is; its signature is right. */
  readonly proof: { readonly header: Json; readonly claims: Json; readonly key: string };
}

/** What a push service answers. */
export type PushAnswer = (browser: string, count: number) => Response | Promise<Response>;

/** A push service on loopback, and the browsers that it serves. */
export interface PushService extends AsyncDisposable {
  /** Such as `127.0.0.1:40000`. */
  readonly host: string;
  /** What it has received. */
  readonly requests: readonly PushRequest[];
  /** Makes a browser that has subscribed. */
  browser(name: string): Promise<PushBrowser>;
  /** Waits until it has received so many requests; returns the last of them. */
  received(count: number): Promise<PushRequest>;
}

/**
 * Starts a push service. It reads messages with the keys of its browsers, which real ones do not have.
 *
 * @param answer What it answers. @default {201}
 */
export function pushService(answer: PushAnswer = () => new Response(null, { status: 201 })): PushService {
  const requests: PushRequest[] = [];
  const browsers = new Map<string, PushBrowser>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const name = new URL(request.url).pathname.slice("/push/".length);
    const body = new Uint8Array(await request.arrayBuffer());
    const browser = browsers.get(name);
    if (browser === undefined) return new Response(null, { status: 404 });
    const { headers } = request;
    const count = requests.push({
      browser: name,
      headers,
      message: JSON.parse(new TextDecoder().decode(await browser.decrypt(body))),
      proof: await readProof(headers.get("authorization") ?? ""),
    });
    return await answer(name, count);
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    host,
    requests,
    async browser(name) {
      const browser = await pushBrowser(`http://${host}/push/${name}`);
      browsers.set(name, browser);
      return browser;
    },
    async received(count) {
      await waitFor(`${count} messages`, () => requests.length >= count);
      return requests[count - 1]!;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Reads the header `Authorization`, and checks the signature in it. */
export async function readProof(authorization: string): Promise<PushRequest["proof"]> {
  const [, header, claims, signature, key] = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(authorization) ??
    [];
  if (header === undefined || claims === undefined || signature === undefined || key === undefined) {
    throw new Error(`the header is wrong: ${authorization}`);
  }
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const publicKey = await crypto.subtle.importKey("raw", decodeBase64Url(key), curve, false, ["verify"]);
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  if (!await crypto.subtle.verify(algorithm, publicKey, decodeBase64Url(signature), signed)) {
    throw new Error("the signature is wrong");
  }
  const read = (part: string) => JSON.parse(new TextDecoder().decode(decodeBase64Url(part)));
  return { header: read(header), claims: read(claims), key };
}

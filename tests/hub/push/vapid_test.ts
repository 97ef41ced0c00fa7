import { assertEquals, assertNotEquals } from "@std/assert";
import { generateVapidKey, importVapidKeys, VapidProofs } from "../../../lib/hub/push/vapid.ts";
import { readProof } from "../../helpers/push_service.ts";

/** The example of RFC 8292, section 2.4. */
const EXAMPLE =
  "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NT" +
  "M1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErt" +
  "mysazNjjvW2L9OkSSHzvoD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
/** When the hub would have to make the proof of the example, in milliseconds since the epoch: it is valid for 12 hours. */
const EXAMPLE_NOW = (1453523768 - 12 * 60 * 60) * 1000;
const HOUR_MS = 60 * 60 * 1000;

async function proofs(contact = "mailto:push@example.com") {
  const keys = await importVapidKeys(await generateVapidKey());
  return { keys, proofs: new VapidProofs(keys, contact) };
}

/** Returns a header without its signature and its key. */
function claimsOf(header: string): string {
  return header.split(".").slice(0, 2).join(".");
}

Deno.test("header() says what the example of RFC 8292 says", async () => {
  const { proofs: own } = await proofs();
  assertEquals(claimsOf(await own.header("https://push.example.net", EXAMPLE_NOW)), claimsOf(EXAMPLE));
});

Deno.test("header() is signed with the hub's key, as the example of RFC 8292 is", async () => {
  const { keys, proofs: own } = await proofs("https://example.org/me");
  assertEquals((await readProof(EXAMPLE)).claims.sub, "mailto:push@example.com");
  const { header, claims, key } = await readProof(await own.header("https://push.example.net", 5_000));
  assertEquals(header, { typ: "JWT", alg: "ES256" });
  assertEquals(claims, { aud: "https://push.example.net", exp: 5 + 43_200, sub: "https://example.org/me" });
  assertEquals(key, keys.publicKey);
});

Deno.test("header() is used again for six hours, for its own push service alone", async () => {
  const { proofs: own } = await proofs();
  const first = await own.header("https://one.example", EXAMPLE_NOW);
  assertEquals(await own.header("https://one.example", EXAMPLE_NOW + 6 * HOUR_MS - 1), first);
  assertNotEquals(await own.header("https://one.example", EXAMPLE_NOW + 6 * HOUR_MS), first);
  const { claims } = await readProof(await own.header("https://two.example", EXAMPLE_NOW));
  assertEquals(claims.aud, "https://two.example");
});

Deno.test("header() is made anew when the clock was set back, so that it is not valid for too long", async () => {
  const { proofs: own } = await proofs();
  await own.header("https://one.example", EXAMPLE_NOW);
  const { claims } = await readProof(await own.header("https://one.example", EXAMPLE_NOW - 24 * HOUR_MS));
  assertEquals(claims.exp * 1000, EXAMPLE_NOW - 12 * HOUR_MS);
});

Deno.test("importVapidKeys() returns the same public key for the same private key", async () => {
  const jwk = await generateVapidKey();
  const [one, two] = [await importVapidKeys(jwk), await importVapidKeys(jwk)];
  assertEquals(one.publicKey, two.publicKey);
  assertEquals(Uint8Array.fromBase64(one.publicKey, { alphabet: "base64url" }).length, 65);
  assertNotEquals((await importVapidKeys(await generateVapidKey())).publicKey, one.publicKey);
});

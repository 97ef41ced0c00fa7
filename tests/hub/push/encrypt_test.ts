import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { browserKeysProblem, encryptMessage } from "../../../lib/hub/push/encrypt.ts";
import { decodeBase64Url, decrypt, pushBrowser } from "../../helpers/push_browser.ts";

/** The example of RFC 8291, section 5 and appendix A. */
const EXAMPLE = {
  plaintext: "When I grow up, I want to be a watermelon",
  senderPublic: "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
  senderPrivate: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
  browserPublic: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  browserPrivate: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
  salt: "DGv6ra1nlYgDCS1FRnbzlw",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
  body:
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3" +
    "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
};

async function keyPair(publicKey: string, privateKey: string): Promise<CryptoKeyPair> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const point = decodeBase64Url(publicKey);
  const coordinate = (bytes: Uint8Array) => bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const [x, y] = [coordinate(point.slice(1, 33)), coordinate(point.slice(33))];
  const jwk = { kty: "EC", crv: "P-256", x, y, d: privateKey };
  return {
    privateKey: await crypto.subtle.importKey("jwk", jwk, curve, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("raw", point, curve, true, []),
  };
}

Deno.test("encryptMessage() makes of the example of RFC 8291 what the RFC says", async () => {
  const body = await encryptMessage(
    new TextEncoder().encode(EXAMPLE.plaintext),
    { publicKey: EXAMPLE.browserPublic, auth: EXAMPLE.auth },
    { salt: decodeBase64Url(EXAMPLE.salt), keys: await keyPair(EXAMPLE.senderPublic, EXAMPLE.senderPrivate) },
  );
  assertEquals(body.toBase64({ alphabet: "base64url", omitPadding: true }), EXAMPLE.body);
});

Deno.test("the browsers of the tests read the example of RFC 8291", async () => {
  const { privateKey } = await keyPair(EXAMPLE.browserPublic, EXAMPLE.browserPrivate);
  const [point, auth] = [decodeBase64Url(EXAMPLE.browserPublic), decodeBase64Url(EXAMPLE.auth)];
  const message = await decrypt(decodeBase64Url(EXAMPLE.body), { privateKey, point, auth });
  assertEquals(new TextDecoder().decode(message), EXAMPLE.plaintext);
});

Deno.test("encryptMessage() uses a new salt and a new key for each message", async () => {
  const browser = await pushBrowser("https://push.example.org/1");
  const { p256dh: publicKey, auth } = browser.subscription.keys;
  const message = new TextEncoder().encode("hello");
  const [one, two] = [
    await encryptMessage(message, { publicKey, auth }),
    await encryptMessage(message, { publicKey, auth }),
  ];
  assertEquals(await browser.decrypt(one), message);
  assertEquals(await browser.decrypt(two), message);
  assertEquals(one.slice(0, 16).toHex() === two.slice(0, 16).toHex(), false);
  assertEquals(one.slice(21, 86).toHex() === two.slice(21, 86).toHex(), false);
});

Deno.test("encryptMessage() refuses what does not fit into a record", async () => {
  const { publicKey, auth } = { publicKey: EXAMPLE.browserPublic, auth: EXAMPLE.auth };
  assertEquals((await encryptMessage(new Uint8Array(4079), { publicKey, auth })).length, 86 + 4096);
  await assertRejects(() => encryptMessage(new Uint8Array(4080), { publicKey, auth }), RangeError);
});

Deno.test("browserKeysProblem() names the key that is wrong", async () => {
  const right = { publicKey: EXAMPLE.browserPublic, auth: EXAMPLE.auth };
  assertEquals(await browserKeysProblem(right), undefined);
  for (const auth of ["", "AAAA", "not base64url!", "BTBZMqHH6r4Tts7J_aSIggAA"]) {
    assertMatch(await browserKeysProblem({ ...right, auth }) ?? "", /^"keys\.auth" must be 16 bytes/);
  }
  const outside = `BP${"_".repeat(85)}`;
  for (const publicKey of ["", "AAAA", "not base64url!", right.auth, outside]) {
    assertMatch(await browserKeysProblem({ ...right, publicKey }) ?? "", /^"keys\.p256dh" must be a point/);
  }
});

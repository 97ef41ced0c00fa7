import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { generateApiToken, hashToken, randomText } from "../../../lib/hub/access/token_hash.ts";

Deno.test("generateApiToken() makes tokens of 32 random bytes that tell what they are for", () => {
  assertMatch(generateApiToken(), /^clst_[A-Za-z0-9_-]{43}$/);
  assertNotEquals(generateApiToken(), generateApiToken());
});

Deno.test("hashToken() returns the SHA-256 in hexadecimal", () => {
  assertEquals(hashToken("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

Deno.test("randomText() returns as many bytes as it is asked for", () => {
  assertEquals([1, 2, 3, 16].map((bytes) => randomText(bytes).length), [2, 3, 4, 22]);
});

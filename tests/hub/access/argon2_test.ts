import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { hashPassword, PasswordError, verifyPassword } from "../../../lib/hub/access/argon2.ts";
import { isPasswordHash } from "../../../lib/hub/access/password_hash.ts";

/** Hashes of "password" from the tests of the reference implementation. */
const REFERENCE = [
  "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
  "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
];

for (const hash of REFERENCE) {
  Deno.test(`verifyPassword() verifies the hash ${hash} of another implementation`, async () => {
    assertEquals(await verifyPassword(hash, "password"), true);
    assertEquals(await verifyPassword(hash, "Password"), false);
  });
}

Deno.test("hashPassword() makes a hash with a new salt and the documented cost", async () => {
  const [one, other] = [await hashPassword("correct horse"), await hashPassword("correct horse")];
  assertMatch(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assertNotEquals(one, other);
  assert(isPasswordHash(one));
  assertEquals([await verifyPassword(one, "correct horse"), await verifyPassword(one, "correct")], [true, false]);
});

Deno.test("verifyPassword() takes the same letter for the same, however it is written", async () => {
  const hash = await hashPassword("caf\u00e9");
  assertEquals(await verifyPassword(hash, "cafe\u0301"), true);
});

Deno.test("hashPassword() refuses an empty password, and one of more than 1024 bytes", async () => {
  await assertRejects(() => hashPassword(""), PasswordError, "the password is empty");
  await assertRejects(() => hashPassword("é".repeat(513)), PasswordError, "the password is longer than 1024 bytes");
  assertMatch(await hashPassword("é".repeat(512)), /^\$argon2id/);
});

for (const password of ["", "\0", "x".repeat(1025)]) {
  Deno.test(`verifyPassword() refuses a password of ${password.length} characters`, async () => {
    assertEquals(await verifyPassword(REFERENCE[0], password), false);
  });
}

for (const hash of [undefined, "", "secret", "$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEs"]) {
  Deno.test(`verifyPassword() refuses any password for the hash ${hash}`, async () => {
    for (const password of ["secret", "\0"]) assertEquals(await verifyPassword(hash, password), false);
  });
}

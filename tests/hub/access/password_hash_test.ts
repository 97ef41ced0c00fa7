import { assertEquals } from "@std/assert";
import { formatPasswordHash, isPasswordHash, parsePasswordHash } from "../../../lib/hub/access/password_hash.ts";

const SALT = "c2FsdHNhbHRzYWx0c2FsdA";
const HASH = "A".repeat(43);

function hashWith(parameters: string, salt = SALT, hash = HASH): string {
  return `$argon2id$v=19$${parameters}$${salt}$${hash}`;
}

Deno.test("parsePasswordHash() reads what formatPasswordHash() writes", () => {
  const text = hashWith("m=19456,t=2,p=1");
  const parsed = parsePasswordHash(text);
  assertEquals(parsed, {
    memoryKib: 19_456,
    iterations: 2,
    lanes: 1,
    salt: new TextEncoder().encode("saltsaltsaltsalt"),
    hash: new Uint8Array(32),
  });
  assertEquals(parsed && formatPasswordHash(parsed), text);
});

for (const parameters of ["m=8,t=1,p=1", "m=65536,t=3,p=4", "m=262144,t=4,p=16", "m=19456,t=50,p=1"]) {
  Deno.test(`isPasswordHash() accepts the cost ${parameters}`, () => {
    assertEquals(isPasswordHash(hashWith(parameters)), true);
  });
}

for (
  const [what, text] of [
    ["no hash", ""],
    ["a password", "secret"],
    ["argon2i", hashWith("m=19456,t=2,p=1").replace("argon2id", "argon2i")],
    ["bcrypt", "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"],
    ["another version", hashWith("m=19456,t=2,p=1").replace("v=19", "v=16")],
    ["gigabytes of memory", hashWith("m=4194304,t=1,p=1")],
    ["more memory than allowed", hashWith("m=262145,t=1,p=1")],
    ["more work than allowed", hashWith("m=262144,t=5,p=1")],
    ["very many iterations", hashWith("m=8,t=9999999,p=1")],
    ["very many lanes", hashWith("m=19456,t=2,p=17")],
    ["no lane", hashWith("m=19456,t=2,p=0")],
    ["no iteration", hashWith("m=19456,t=0,p=1")],
    ["too little memory for its lanes", hashWith("m=15,t=2,p=2")],
    ["parameters in another order", hashWith("t=2,m=19456,p=1")],
    ["a salt of 7 bytes", hashWith("m=19456,t=2,p=1", "c2FsdHNhbA")],
    ["a salt of an impossible length", hashWith("m=19456,t=2,p=1", "A".repeat(13))],
    ["a hash of 15 bytes", hashWith("m=19456,t=2,p=1", SALT, "A".repeat(20))],
    ["a hash of an impossible length", hashWith("m=19456,t=2,p=1", SALT, "A".repeat(41))],
    ["padding", hashWith("m=19456,t=2,p=1", SALT, `${HASH}=`)],
    ["a newline", `${hashWith("m=19456,t=2,p=1")}\n`],
  ] as const
) {
  Deno.test(`isPasswordHash() refuses ${what}`, () => {
    assertEquals(isPasswordHash(text), false);
  });
}

import { assertEquals } from "@std/assert";
import { signInCookie, signInIdOf, signOutCookie } from "../../../lib/hub/access/cookies.ts";

const ID = "A".repeat(42) + "_";
const OTHER = "B".repeat(43);

Deno.test("signInCookie() sets a cookie that scripts cannot read and that ends after seven days", () => {
  const expected = `claustrum_sign_in=${ID}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax`;
  assertEquals(signInCookie(ID, "http"), expected);
});

Deno.test("signInCookie() sets a cookie over https that no other host can set", () => {
  const expected = `__Host-claustrum_sign_in=${ID}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure`;
  assertEquals(signInCookie(ID, "https"), expected);
});

Deno.test("signOutCookie() removes the cookie", () => {
  assertEquals(signOutCookie("http"), "claustrum_sign_in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
  assertEquals(signOutCookie("https"), "__Host-claustrum_sign_in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
});

for (
  const [header, scheme, id] of [
    [null, "http", undefined],
    ["", "http", undefined],
    [`claustrum_sign_in=${ID}`, "http", ID],
    [`__Host-claustrum_sign_in=${ID}`, "https", ID],
    [`a=b;claustrum_sign_in=${ID} ; c=d=e;;`, "http", ID],
    // Only the cookie of the scheme counts.
    [`claustrum_sign_in=${ID}`, "https", undefined],
    [`__Host-claustrum_sign_in=${ID}`, "http", undefined],
    [`claustrum_sign_in=${OTHER}; __Host-claustrum_sign_in=${ID}`, "https", ID],
    [`claustrum_sign_in=${OTHER}; __Host-claustrum_sign_in=${ID}`, "http", OTHER],
    // Of two, one is somebody else's.
    [`claustrum_sign_in=${ID}; claustrum_sign_in=${ID}`, "http", ID],
    [`claustrum_sign_in=${ID}; claustrum_sign_in=${OTHER}`, "http", undefined],
    [`claustrum_sign_in=; claustrum_sign_in=${ID}`, "http", undefined],
    [`__Host-claustrum_sign_in=${ID}; __Host-claustrum_sign_in=${OTHER}`, "https", undefined],
    // Names are compared exactly.
    [`Claustrum_Sign_In=${ID}`, "http", undefined],
    [`__host-claustrum_sign_in=${ID}`, "https", undefined],
    [`xclaustrum_sign_in=${ID}`, "http", undefined],
    [`x=claustrum_sign_in=${ID}`, "http", undefined],
    [`claustrum_sign_in =${ID}`, "http", undefined],
    // Values that are no ids.
    [`claustrum_sign_in="${ID}"`, "http", undefined],
    [`claustrum_sign_in=${ID}A`, "http", undefined],
    [`claustrum_sign_in=${ID.slice(1)}`, "http", undefined],
    [`claustrum_sign_in=${ID.slice(1)}%41`, "http", undefined],
    [`a=${"x".repeat(70_000)}; claustrum_sign_in=${ID}`, "http", undefined],
  ] as const
) {
  const shown = header === null ? "no header" : JSON.stringify(header.length > 200 ? "a long header" : header);
  Deno.test(`signInIdOf() returns ${id} for ${shown} over ${scheme}`, () => {
    assertEquals(signInIdOf(header, scheme), id);
  });
}

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeName,
  encodeName,
  eventSubject,
  hostOfSubject,
  inboxPrefix,
  liveSubject,
  rpcSubject,
  stateSubject,
} from "../../../lib/hub/nats/subjects.ts";

Deno.test("encodeName() leaves letters, digits, dashes and underscores, and encodes the rest", () => {
  assertEquals(encodeName("Web-1_a"), "Web-1_a");
  assertEquals(encodeName("a.b"), "a=2eb");
  assertEquals(encodeName("*> ="), "=2a=3e=20=3d");
  assertEquals(encodeName("ü"), "=c3=bc");
  assertEquals(encodeName(""), "=");
});

Deno.test("a name has no meaning in a subject, and different names stay different", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
    assertMatch(encodeName(a), /^[A-Za-z0-9_=-]+$/);
    assertEquals(decodeName(encodeName(a)), a);
    if (a !== b) assertNotEquals(encodeName(a), encodeName(b));
    for (const subject of [eventSubject(a, b), liveSubject(a, b), stateSubject(a), rpcSubject(a)]) {
      assertEquals(hostOfSubject(subject), a);
    }
    assertEquals(inboxPrefix(a).split(".").length, 2);
  }));
});

Deno.test("decodeName() refuses what encodeName() does not return", () => {
  for (const text of ["=2E", "=61", "a.b", "=zz", "=ff", "a=", "%41"]) assertEquals(decodeName(text), undefined, text);
});

Deno.test("hostOfSubject() refuses subjects of others", () => {
  for (const subject of ["claustrum", "claustrum.a", "other.a.state", ""]) {
    assertEquals(hostOfSubject(subject), undefined);
  }
});

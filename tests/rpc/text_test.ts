import { assertEquals } from "@std/assert";
import { goQuote } from "../../lib/system/quote.ts";
import { decodeUtf8, isUtf8 } from "../../lib/system/utf8.ts";
import { cleanPath, expandTilde } from "../../lib/system/path_text.ts";

Deno.test("decodeUtf8() replaces each bad byte and no others", () => {
  const bad = (...bytes: number[]) => decodeUtf8(Uint8Array.from(bytes), "?");
  assertEquals(bad(0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80), "aé😀");
  assertEquals(bad(0xc0, 0x80), "??");
  assertEquals(bad(0xe0, 0x80, 0x80), "???");
  assertEquals(bad(0xf4, 0x90, 0x80, 0x80), "????");
  assertEquals(bad(0xf5, 0x61), "?a");
  assertEquals(bad(0xe2, 0x82), "??");
  assertEquals(bad(0xef, 0xbf, 0xbd, 0xff), "\ufffd?");
  assertEquals(bad(0xef, 0xbb, 0xbf, 0x61), "\ufeffa");
});

Deno.test("isUtf8() returns true only for valid text", () => {
  assertEquals(isUtf8(new TextEncoder().encode("é😀\ufffd")), true);
  assertEquals(isUtf8(Uint8Array.of(0x61, 0xe2, 0x82)), false);
});

Deno.test("goQuote() quotes as Go's %q does", () => {
  assertEquals(goQuote("a b"), '"a b"');
  assertEquals(goQuote('"\\'), '"\\"\\\\"');
  assertEquals(goQuote("\0\x01\x07\b\t\n\v\f\r\x1f\x7f"), '"\\x00\\x01\\a\\b\\t\\n\\v\\f\\r\\x1f\\x7f"');
  assertEquals(goQuote("é\u00a0\u00ad\u2028\ufeff😀\u{e0001}"), '"é\\u00a0\\u00ad\\u2028\\ufeff😀\\U000e0001"');
});

Deno.test("cleanPath() cleans lexically", () => {
  const cases = { "": ".", ".": ".", "/": "/", "//a///b/": "/a/b", "a/../..": "..", "/../a": "/a", "./a/./b": "a/b" };
  for (const [path, clean] of Object.entries(cases)) assertEquals(cleanPath(path), clean, path);
});

Deno.test("expandTilde() expands only ~ and ~/, and only when the home is known", () => {
  assertEquals(expandTilde("~", "/home//u/"), "/home//u/");
  assertEquals(expandTilde("~/a/../b//", "/home//u/"), "/home/u/b");
  for (const path of ["~u", "/a/~", "$HOME", "", "a~"]) assertEquals(expandTilde(path, "/h"), path);
  assertEquals(expandTilde("~/a", ""), "~/a");
  assertEquals(expandTilde("~", undefined), "~");
});

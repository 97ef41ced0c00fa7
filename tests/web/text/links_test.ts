import { assertEquals } from "@std/assert";
import { hiddenHost, safeLink } from "../../../lib/web/text/links.ts";

Deno.test("safeLink() follows http, https and mailto", () => {
  assertEquals(safeLink("https://example.com/a?b#c"), "https://example.com/a?b#c");
  assertEquals(safeLink("HTTP://EXAMPLE.com"), "http://example.com/");
  assertEquals(safeLink("mailto:a@example.com"), "mailto:a@example.com");
});

Deno.test("safeLink() follows nothing else", () => {
  const hostile = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.com/1",
    "//example.com",
    "/api/sessions",
    "../settings",
    "#code=1",
    "https:example.com",
    "http://",
    "",
  ];
  for (const href of hostile) assertEquals(safeLink(href), undefined, href);
});

Deno.test("hiddenHost() names the host of a link that says another one", () => {
  assertEquals(hiddenHost("https://evil.example/", "https://github.com/login"), "evil.example");
  assertEquals(hiddenHost("https://evil.example/", "github.com"), "evil.example");
  assertEquals(hiddenHost("https://github.com@evil.example/", "https://github.com/"), "evil.example");
  assertEquals(hiddenHost("https://www.github.com/a", "github.com"), undefined);
  assertEquals(hiddenHost("https://github.com/a", "the docs"), undefined);
  assertEquals(hiddenHost("https://github.com/a", "config.ts is here"), undefined);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { linkCommand, linkUrl, linkWarning } from "../../../lib/web/state/link_text.ts";

const HTTPS = { protocol: "https:", host: "hub.example.org", hostname: "hub.example.org" };
const OPEN = { protocol: "http:", host: "10.0.0.5:7621", hostname: "10.0.0.5" };
const OWN = { protocol: "http:", host: "127.0.0.1:7621", hostname: "127.0.0.1" };

Deno.test("linkUrl() returns where a host dials, below the path of the hub", () => {
  assertEquals(linkUrl(HTTPS, ""), "wss://hub.example.org/ws/daemon");
  assertEquals(linkUrl(OWN, "/agents"), "ws://127.0.0.1:7621/agents/ws/daemon");
});

Deno.test("linkCommand() keeps the key from others and out of the history, and dials", () => {
  assertEquals(
    linkCommand("clhk_x", linkUrl(HTTPS, "")),
    " (umask 077; mkdir -p ~/.config/claustrum; echo clhk_x > ~/.config/claustrum/link-hub.example.org.key); " +
      "claustrum hub link wss://hub.example.org/ws/daemon --key-file ~/.config/claustrum/link-hub.example.org.key",
  );
});

Deno.test("linkCommand() allows what is not encrypted only where the hub has nothing else, and not on loopback", () => {
  assertStringIncludes(linkCommand(undefined, linkUrl(OPEN, "")), " --allow-insecure");
  for (const address of [HTTPS, OWN]) {
    assertEquals(linkCommand(undefined, linkUrl(address, "")).includes("--allow-insecure"), false);
  }
});

Deno.test("linkCommand() quotes what a shell would read otherwise", () => {
  const command = linkCommand(undefined, "wss://hub.example.org/it's/ws/daemon");
  assertStringIncludes(command, `'wss://hub.example.org/it'\\''s/ws/daemon'`);
});

Deno.test("linkWarning() says what is wrong with the address of the page", () => {
  assertEquals(linkWarning(HTTPS), undefined);
  assertStringIncludes(linkWarning(OPEN) ?? "", "without TLS");
  assertStringIncludes(linkWarning(OWN) ?? "", "of this machine alone");
});

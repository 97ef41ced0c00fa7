import { assertEquals, assertThrows } from "@std/assert";
import { formatSshTarget, parseSshTarget, targetArguments } from "../../lib/hosts/ssh_target.ts";
import { RequestError } from "../../lib/system/request_error.ts";

Deno.test("parseSshTarget() reads names, users, ports and IPv6 addresses, and formatSshTarget() writes them", () => {
  const texts = [
    "ssh://box",
    "ssh://me@box",
    "ssh://me@box.example.org:2222",
    "ssh://10.0.0.7:1",
    "ssh://me@[fe80::1%eth0]:22",
  ];
  assertEquals(texts.map((text) => formatSshTarget(parseSshTarget(text))), texts);
  assertEquals(parseSshTarget("ssh://me@[::1]:22"), { host: "::1", user: "me", port: 22 });
  assertEquals(parseSshTarget("ssh://box/"), { host: "box" });
});

for (
  const text of [
    "box",
    "ssh://",
    "ssh://-oProxyCommand=id",
    "ssh://-l@box",
    "ssh://me@-box",
    "ssh://a b",
    "ssh://a;id",
    "ssh://a$(id)",
    "ssh://a\nb",
    "ssh://@box",
    "ssh://box:0",
    "ssh://box:65536",
    "ssh://box:22:22",
    "ssh://me:secret@box",
    "ssh://box/path",
    "ssh://[::1",
    "http://box",
  ]
) {
  Deno.test(`parseSshTarget() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseSshTarget(text), RequestError, "is no address");
  });
}

Deno.test("targetArguments() ends the options ahead of the name", () => {
  assertEquals(targetArguments({ host: "box", user: "me", port: 7 }), ["-p", "7", "-l", "me", "--", "box"]);
});

import { assertEquals } from "@std/assert";
import { DEFAULT_PUSH_HOSTS, endpointProblem, parsePushHost, pushHostText } from "../../../lib/hub/push/push_hosts.ts";

const hosts = (...texts: string[]) => texts.map((text) => parsePushHost(text)!);
const DEFAULTS = hosts(...DEFAULT_PUSH_HOSTS);

Deno.test("parsePushHost() reads names, addresses, wildcards and ports", () => {
  const read = (text: string) => {
    const host = parsePushHost(text);
    return host && pushHostText(host);
  };
  for (
    const [text, shown] of [
      ["push.example.org", "push.example.org:443"],
      ["push.example.org:443", "push.example.org:443"],
      ["push.example.org:8443", "push.example.org:8443"],
      ["*.example.org", "*.example.org:443"],
      ["*.example.org:80", "*.example.org:80"],
      ["127.0.0.1:4000", "127.0.0.1:4000"],
      ["[::1]:4000", "[::1]:4000"],
    ]
  ) assertEquals(read(text!), shown);
});

Deno.test("parsePushHost() refuses what is no host", () => {
  for (
    const text of [
      "",
      "*",
      "*.",
      "*.*.org",
      "a.*.org",
      "*.127.0.0.1",
      "*.[::1]",
      "https://example.org",
      "example.org/path",
      "me@example.org",
      "example.org,other.org",
      "two words",
      "Example.org",
      "example.org:0443",
      "example.org:99999",
      "127.1",
    ]
  ) assertEquals(parsePushHost(text), undefined, text);
});

Deno.test("endpointProblem() lets the addresses of today's browsers pass", () => {
  for (
    const endpoint of [
      "https://fcm.googleapis.com/fcm/send/abc:def",
      "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
      "https://web.push.apple.com/QAbc",
      "https://wns2-by3p.notify.windows.com/w/?token=abc",
    ]
  ) assertEquals(endpointProblem(endpoint, DEFAULTS), undefined);
});

Deno.test("endpointProblem() says why an address is refused", () => {
  for (
    const [endpoint, problem] of [
      ["", "is not an address"],
      ["fcm.googleapis.com/x", "is not an address"],
      [`https://fcm.googleapis.com/${"x".repeat(2048)}`, "is not an address"],
      ["http://fcm.googleapis.com/x", "is not an https address"],
      ["file:///etc/passwd", "is not an https address"],
      ["https://me@fcm.googleapis.com/x", "contains a user name or a password"],
      ["https://127.0.0.1/x", "is at 127.0.0.1, which is not one of push.hosts"],
      ["https://169.254.169.254/x", "is at 169.254.169.254, which is not one of push.hosts"],
      ["http://127.0.0.1:7621/api/sessions", "is at 127.0.0.1:7621, which is not one of push.hosts"],
      ["http://[::1]/x", "is at [::1], which is not one of push.hosts"],
      ["https://fcm.googleapis.com:8443/x", "is at fcm.googleapis.com:8443, which is not one of push.hosts"],
      [
        "https://fcm.googleapis.com.example.org/x",
        "is at fcm.googleapis.com.example.org, which is not one of push.hosts",
      ],
      ["https://push.apple.com/x", "is at push.apple.com, which is not one of push.hosts"],
      ["https://evilpush.apple.com/x", "is at evilpush.apple.com, which is not one of push.hosts"],
    ]
  ) assertEquals(endpointProblem(endpoint!, DEFAULTS), problem);
});

Deno.test("endpointProblem() lets plain http pass on loopback alone, and only where the configuration has it", () => {
  const own = hosts("127.0.0.1:4000", "[::1]:4000", "example.org:80", "192.0.2.1:80");
  assertEquals(endpointProblem("http://127.0.0.1:4000/x", own), undefined);
  assertEquals(endpointProblem("http://[::1]:4000/x", own), undefined);
  assertEquals(endpointProblem("http://127.0.0.1:4001/x", own), "is at 127.0.0.1:4001, which is not one of push.hosts");
  assertEquals(endpointProblem("http://example.org/x", own), "is not an https address");
  assertEquals(endpointProblem("http://192.0.2.1/x", own), "is not an https address");
});

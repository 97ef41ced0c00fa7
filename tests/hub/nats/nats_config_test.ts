import { assertEquals } from "@std/assert";
import { parseNats } from "../../../lib/hub/nats/nats_config.ts";

function problemOf(table: Record<string, unknown>): string {
  const parsed = parseNats(table);
  return "problem" in parsed ? `${parsed.problem.member ?? ""}: ${parsed.problem.text}` : "none";
}

Deno.test("parseNats() takes an address, or those of a cluster", () => {
  const parsed = parseNats({ url: ["nats://127.0.0.1", "tls://[::1]:80"], nkey_file: "/k", stream: "fleet" });
  assertEquals(parsed, {
    value: {
      servers: [{ hostname: "127.0.0.1", port: 4222 }, { hostname: "::1", port: 80 }],
      isSecure: true,
      credsFile: undefined,
      nkeyFile: "/k",
      caFile: undefined,
      stream: "fleet",
    },
  });
});

Deno.test("parseNats() insists on TLS beyond this machine", () => {
  const secure = ["nats://nats.example.org", "tls://localhost", "nats://10.0.0.1:4222"];
  for (const url of [...secure, "nats://localhost", "nats://127.0.0.1:1"]) {
    const parsed = parseNats({ url });
    assertEquals("value" in parsed && parsed.value.isSecure, secure.includes(url), url);
  }
});

Deno.test("parseNats() says what is wrong", () => {
  assertEquals(problemOf({}), ': has no url, such as "nats://127.0.0.1:4222"');
  for (const url of [1, "", "http://x", "nats://a:b@x", "nats://x/y", [], ["nats://x", "y"]]) {
    assertEquals(problemOf({ url }).slice(0, 23), "url: must be an address", String(url));
  }
  const url = "nats://x";
  assertEquals(problemOf({ url, token: "x" }), "token: is not one of url, creds, nkey_file, ca_file, stream");
  assertEquals(problemOf({ url, creds: "x" }), "creds: must be the path of a file that begins with /");
  assertEquals(
    problemOf({ url, creds: "/x", nkey_file: "/y" }),
    "nkey_file: is set beside creds: set only one of them",
  );
  assertEquals(problemOf({ url, stream: "a.b" }), "stream: must consist of letters, digits, - and _");
});

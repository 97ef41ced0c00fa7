import { assertEquals, assertObjectMatch } from "@std/assert";
import { parseLinks } from "../../../lib/hub/links/link_config.ts";
import { networkAddresses } from "../../../lib/hub/network_addresses.ts";
import { parseHubConfig } from "../../../lib/hub/config.ts";

const FILE = { key_file: "/k" };

for (
  const [table, problem] of [
    [{ ...FILE, url: "https://hub" }, { member: "url" }],
    [{ ...FILE, url: "ws://hub.example.org/ws/daemon" }, { member: "url" }],
    [{ ...FILE, url: "ws://localhost.example.org/" }, { member: "url" }],
    [{ ...FILE, url: "wss://me:secret@hub/" }, { member: "url" }],
    [{ ...FILE, url: "wss://hub/?key=x" }, { member: "url" }],
    [{ ...FILE, url: 5 }, { member: "url" }],
    [{ ...FILE }, { text: "has no url" }],
    [{ url: "wss://hub" }, {}],
    [{ url: "wss://hub", key_file: "relative" }, { member: "key_file" }],
    [{ ...FILE, url: "wss://hub", ca_file: 1 }, { member: "ca_file" }],
    [{ ...FILE, url: "wss://hub", allow_insecure: "yes" }, { member: "allow_insecure" }],
    [{ ...FILE, url: "wss://hub", key: "x" }, { member: "key" }],
  ] as const
) {
  Deno.test(`parseLinks() refuses ${JSON.stringify(table)}`, () => {
    const parsed = parseLinks([table]);
    assertObjectMatch(parsed, { problem: { index: 0, ...problem } });
  });
}

for (
  const [url, allow_insecure, expected] of [
    ["wss://hub", false, "wss://hub/ws/daemon"],
    ["wss://hub:7621/claustrum/ws/daemon", false, "wss://hub:7621/claustrum/ws/daemon"],
    ["ws://127.0.0.1:7621/", false, "ws://127.0.0.1:7621/ws/daemon"],
    ["ws://[::1]:7621", false, "ws://[::1]:7621/ws/daemon"],
    ["ws://localhost:7621", false, "ws://localhost:7621/ws/daemon"],
    ["ws://hub", true, "ws://hub/ws/daemon"],
  ] as const
) {
  Deno.test(`parseLinks() takes ${url}`, () => {
    assertEquals(parseLinks([{ ...FILE, url, allow_insecure }]), {
      value: [{ url: expected, keyFile: "/k", caFile: undefined }],
    });
  });
}

Deno.test("parseLinks() refuses two links to one hub", () => {
  const table = { ...FILE, url: "wss://hub" };
  assertObjectMatch(parseLinks([table, { ...table, url: "wss://hub/ws/daemon" }]), { problem: { index: 1 } });
});

Deno.test("a hub may reach the hubs that it dials, and nothing else for that", async () => {
  const links = ["wss://one.example.org", "wss://two.example.org:8443", "ws://127.0.0.1:7000"];
  const tables = links.map((url) => `[[links]]\nurl = "${url}"\nkey_file = "/k"\n`);
  const { config } = await parseHubConfig(`listen = ""\n${tables.join("")}`, "hub.toml");
  assertEquals(networkAddresses(config), ["one.example.org:443", "two.example.org:8443", "127.0.0.1:7000"]);
});

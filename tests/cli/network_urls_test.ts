import { assertEquals } from "@std/assert";
import { networkUrls, type OwnAddress } from "../../lib/cli/network_urls.ts";
import { hubHome } from "../helpers/hub_home.ts";

const OWN: readonly OwnAddress[] = [
  { family: "IPv6", address: "::1" },
  { family: "IPv6", address: "fe80::1" },
  { family: "IPv6", address: "fd00::2" },
  { family: "IPv4", address: "127.0.0.1" },
  { family: "IPv4", address: "169.254.3.4" },
  { family: "IPv4", address: "192.168.1.5" },
];

for (
  const [hostname, url, expected] of [
    ["0.0.0.0", "http://127.0.0.1:7621", ["http://192.168.1.5:7621"]],
    ["::", "https://[::1]:7621/hub", ["https://192.168.1.5:7621/hub", "https://[fd00::2]:7621/hub"]],
    ["127.0.0.1", "http://127.0.0.1:7621", []],
    ["192.168.1.5", "http://192.168.1.5:7621", []],
  ] as const
) {
  Deno.test(`networkUrls() tells what other devices open if the hub listens on ${hostname}`, () => {
    assertEquals(networkUrls(url, { hostname, port: 7621 }, OWN), [...expected]);
  });
}

Deno.test("networkUrls() says nothing without a page", () => {
  assertEquals(networkUrls("http://127.0.0.1:1", undefined, OWN), []);
});

Deno.test({
  name: "networkUrls() leaves the address to the person if the program may not list those of the machine",
  permissions: {},
  fn() {
    assertEquals(networkUrls("http://127.0.0.1:1", { hostname: "0.0.0.0", port: 1 }), ["http://ADDRESS:1"]);
  },
});

Deno.test("claustrum hub start --listen 0.0.0.0 prints what other devices open", async () => {
  await using home = await hubHome();
  const env = { CLAUSTRUM_AUTH_ALLOW_UNAUTHENTICATED_NETWORK: "true" };
  const { code, stdout, stderr } = await home.hub(["start", "--listen", "0.0.0.0:0"], env);
  assertEquals([code, stderr], [0, ""]);
  const [, port = ""] = /^ {2}web {6}http:\/\/127\.0\.0\.1:(\d+)$/m.exec(stdout) ?? [];
  const urls = networkUrls(`http://127.0.0.1:${port}`, { hostname: "0.0.0.0", port: Number(port) });
  const shown = stdout.split("\n").filter((line) => line.endsWith("(from other devices)"));
  assertEquals(shown.map((line) => line.trim().split(" ")[0]), urls);
  const { network_urls } = JSON.parse((await home.hub(["start", "--listen", "0.0.0.0:0", "--json"], env)).stdout);
  assertEquals(network_urls, urls);
});

import { assertEquals } from "@std/assert";
import { parseListen } from "../../lib/hub/access/addresses.ts";
import { hasWantedAddress } from "../../lib/cli/hub_address.ts";
import { resolveHubConfig } from "../../lib/hub/config.ts";
import { hubHome } from "../helpers/hub_home.ts";

function addressOf(text: string) {
  const parsed = parseListen(text);
  return "address" in parsed ? parsed.address : undefined;
}

for (
  const [running, wanted, isWanted] of [
    ["127.0.0.1:7621", "127.0.0.1:7621", true],
    ["127.0.0.1:7621", "localhost:7621", true],
    ["127.0.0.1:7621", "127.0.0.1:0", true],
    ["127.0.0.1:80", "127.0.0.1:80", true],
    ["0.0.0.0:7621", "0.0.0.0:0", true],
    ["127.0.0.1:7621", "127.0.0.1:7622", false],
    ["127.0.0.1:7621", "0.0.0.0:7621", false],
    ["127.0.0.1:7621", "0.0.0.0:0", false],
    ["0.0.0.0:7621", "127.0.0.1:7621", false],
    ["[::1]:7621", "127.0.0.1:7621", false],
    ["", "127.0.0.1:7621", false],
  ] as const
) {
  Deno.test(`a hub that listens on ${running || "nothing"} ${isWanted ? "is" : "is not"} on ${wanted}`, async () => {
    const { config } = await resolveHubConfig({ env: new Map(), file: undefined, options: { listen: wanted } });
    assertEquals(hasWantedAddress(addressOf(running), { listen: wanted }, config), isWanted);
  });
}

Deno.test("claustrum hub start --listen restarts a hub that listens elsewhere, and no other", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const first = home.pid();
  const elsewhere = await home.hub(["start", "--listen", "127.0.0.2:0", "--json"]);
  const { url, pid, started } = JSON.parse(elsewhere.stdout);
  assertEquals([new URL(url).hostname, started, pid === first], ["127.0.0.2", true, false]);
  const again = await home.hub(["start", "--listen", new URL(url).host]);
  assertEquals([again.code, home.pid()], [0, pid]);
});

Deno.test("a hub runs on if it cannot listen where claustrum hub start asks it to", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const pid = home.pid();
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const used = `127.0.0.1:${other.addr.port}`;
  const taken = await home.hub(["start", "--listen", used]);
  const text = `another program uses ${used}: choose another port with --listen, or none with --no-web`;
  assertEquals([taken.code, taken.stderr, home.pid()], [1, `claustrum: ${text}\n`, pid]);
  const open = await home.hub(["start", "--listen", "0.0.0.0:0"]);
  assertEquals([open.code, home.pid()], [1, pid]);
  assertEquals((await home.hub(["status"])).code, 0);
});

import { assertEquals } from "@std/assert";
import { type HubHome, hubHome } from "../helpers/hub_home.ts";
import { connectLive } from "../helpers/live_client.ts";
import { soon } from "../helpers/wait.ts";

/** Starts a hub; returns its web address and its token. */
async function start(home: HubHome): Promise<{ readonly url: string; readonly token: string }> {
  const { url } = JSON.parse((await home.hub(["start", "--json"])).stdout);
  return { url, token: (await home.hub(["token"])).stdout.trim() };
}

/** Signs a browser in with a token; returns the headers of our page. */
async function signIn(url: string, token: string): Promise<Record<string, string>> {
  const body = JSON.stringify({ token });
  const reply = await fetch(`${url}/api/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const cookie = reply.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { cookie, "x-claustrum-page": (await reply.json()).page_key };
}

async function statusWith(url: string, headers: Record<string, string>): Promise<number> {
  const reply = await fetch(`${url}/api/status`, { headers });
  await reply.body?.cancel();
  return reply.status;
}

Deno.test("claustrum hub token --rotate ends connections and sign-ins with the former token at once", async () => {
  await using home = await hubHome();
  const { url, token } = await start(home);
  const browser = await signIn(url, token);
  await using live = await connectLive(`${url.replace("http", "ws")}/ws/dashboard?token=${token}`, {});
  assertEquals(await statusWith(url, browser), 200);
  const { code, stdout, stderr } = await home.hub(["token", "--rotate"]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals((await soon("the end", live.closed())).code, 1008);
  assertEquals(await statusWith(url, browser), 401);
  assertEquals(await statusWith(url, await signIn(url, stdout.trim())), 200);
});

Deno.test("a hub whose token was replaced while it was down does not take sign-ins with the former one", async () => {
  await using home = await hubHome();
  const before = await start(home);
  const browser = await signIn(before.url, before.token);
  await home.hub(["stop"]);
  const { code, stderr } = await home.hub(["token", "--rotate"]);
  assertEquals([code, stderr], [0, ""]);
  const { url } = await start(home);
  assertEquals(await statusWith(url, browser), 401);
});

Deno.test("a sign-in with the hub's token lasts over a restart", async () => {
  await using home = await hubHome();
  const before = await start(home);
  const browser = await signIn(before.url, before.token);
  await home.hub(["stop"]);
  assertEquals(await statusWith((await start(home)).url, browser), 200);
});

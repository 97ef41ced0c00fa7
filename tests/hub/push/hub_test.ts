import { assertEquals, assertMatch } from "@std/assert";
import { type PushService, pushService } from "../../helpers/push_service.ts";
import { type SessionHome, sessionHome } from "../../helpers/session_home.ts";
import { waitFor } from "../../helpers/wait.ts";

/** Starts a hub in the background that may reach a push service; returns its address and its sign-in link. */
async function startHub(home: SessionHome): Promise<{ readonly url: string; readonly sign_in: string }> {
  const { code, stdout, stderr } = await home.run(["hub", "start", "--json"]);
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

const configOf = (host: string) =>
  `listen = "127.0.0.1:0"\npush = { enabled = true, contact = "mailto:me@example.org", hosts = ["${host}"] }\n`;

/** Signs a browser in with a link; returns the headers that its page sends. */
async function signIn({ url, sign_in }: { readonly url: string; readonly sign_in: string }) {
  const code = new URL(sign_in).hash.slice("#code=".length);
  const headers = { "content-type": "application/json", origin: url };
  const response = await fetch(`${url}/api/sign-in`, { method: "POST", headers, body: JSON.stringify({ code }) });
  const { page_key } = await response.json();
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  return { ...headers, cookie, "x-claustrum-page": String(page_key) };
}

/** Lets a browser subscribe; returns the status of the response. */
async function subscribe(url: string, headers: Record<string, string>, service: PushService): Promise<number> {
  const { subscription } = await service.browser("phone");
  const response = await fetch(`${url}/api/push`, { method: "POST", headers, body: JSON.stringify(subscription) });
  await response.body?.cancel();
  return response.status;
}

Deno.test("a phone is told when the agent of a session asks for permission, also by the next hub", async () => {
  await using service = pushService();
  await using home = await sessionHome(configOf(service.host));
  const hub = await startHub(home);
  const headers = await signIn(hub);
  assertEquals(await subscribe(hub.url, headers, service), 200);
  const session = await home.json("start", home.work, "--name", "secret", "--trust");
  await home.session("send", "secret", "tool Write hidden.txt hush");
  const { message, proof } = await service.received(1);
  const { permissions: [permission] } = await home.whenStatus("secret", "waiting_permission");
  assertEquals(message, {
    kind: "needs_you",
    session: session.id,
    permission,
    path: `/permissions/${permission}`,
  });

  await home.run(["hub", "stop"]);
  await startHub(home);
  await home.session("approve", "secret");
  await home.whenStatus("secret", "idle");
  await home.session("send", "secret", "tool Write other.txt hush");
  const second = await service.received(2);
  const { permissions: [next] } = await home.whenStatus("secret", "waiting_permission");
  assertEquals([second.message.permission, second.proof.key], [next, proof.key]);
});

Deno.test("a hub in the background reaches only the push services that it was started for", async () => {
  await using service = pushService();
  await using home = await sessionHome(configOf(service.host));
  const hub = await startHub(home);
  const headers = await signIn(hub);
  await using other = pushService();
  assertEquals(await subscribe(hub.url, headers, other), 403);
  assertEquals(await subscribe(hub.url, headers, service), 200);
  assertMatch(Deno.readTextFileSync(`/proc/${home.hubPid()}/cmdline`), new RegExp(`[=,]${service.host}(?:,|\0)`));
});

Deno.test("a browser is told nothing any more when its push service is taken out of the configuration", async () => {
  await using service = pushService();
  await using home = await sessionHome(configOf(service.host));
  const hub = await startHub(home);
  assertEquals(await subscribe(hub.url, await signIn(hub), service), 200);
  await home.run(["hub", "stop"]);
  const toml = `${home.path}/.config/claustrum/hub.toml`;
  await Deno.writeTextFile(toml, (await Deno.readTextFile(toml)).replaceAll(service.host, "push.example.org"));
  await startHub(home);
  await home.session("start", home.work, "--name", "s", "--trust");
  await home.session("send", "s", "tool Write a.txt b");
  const line = `[push] a browser is told nothing: its endpoint is at ${service.host}, which is not one of push.hosts`;
  const log = `${home.path}/.local/state/claustrum/hub.log`;
  await waitFor("the log", async () => (await Deno.readTextFile(log)).includes(line));
  assertEquals(service.requests.length, 0);
});

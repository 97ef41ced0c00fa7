import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import { formatAudit, formatSignIns, formatTokens } from "../../lib/cli/hub_text.ts";
import { type HubHome, hubHome } from "../helpers/hub_home.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const AT_ELEVEN = "2026-11-21T11:00:00.000Z";

/** Starts the hub of a home directory; returns its web address. */
async function startHub(home: HubHome): Promise<string> {
  return JSON.parse((await home.hub(["start", "--json"])).stdout).url;
}

/** Asks for the sessions with a token; returns the status. */
async function statusWith(url: string, token: string, init: RequestInit = {}): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, connection: "close", "content-type": "application/json" };
  const response = await fetch(`${url}/api/sessions`, { ...init, headers });
  await response.body?.cancel();
  return response.status;
}

/** Signs a browser in with a sign-in link. */
async function signIn(home: HubHome, url: string): Promise<void> {
  const code = (await home.hub(["open", "--print"])).stdout.trim().split("#code=")[1];
  const body = JSON.stringify({ code });
  const headers = { "content-type": "application/json", connection: "close", origin: url, "user-agent": "tester" };
  const response = await fetch(`${url}/api/sign-in`, { method: "POST", headers, body });
  assertEquals(response.status, 200, await response.text());
}

Deno.test("claustrum hub token makes, lists and revokes named tokens, and still prints the hub's own", async () => {
  await using home = await hubHome();
  const url = await startHub(home);
  const made = await home.hub(["token", "create", "phone"]);
  assertMatch(made.stdout, /^clst_[\w-]{43}\n$/);
  assertEquals(made.stderr, "claustrum: keep the token now: it cannot be shown again\n");
  const reader = await home.hub(["token", "create", "grafana", "--read-only", "--json"]);
  const { token, name, read_only } = JSON.parse(reader.stdout);
  assertEquals([name, read_only, reader.stderr], ["grafana", true, ""]);
  assertEquals(await statusWith(url, token), 200);
  assertEquals(await statusWith(url, token, { method: "POST", body: "{}" }), 403);
  const list = (await home.hub(["token", "list"])).stdout.replaceAll(/ +/g, " ").replaceAll(/\b\d+s\b/g, "AGE");
  assertEquals(list, "NAME MAY AGE USED\ngrafana read only AGE AGE ago\nphone all AGE never\n");
  assertEquals((await home.hub(["token", "revoke", "grafana"])).stdout, "revoked grafana\n");
  assertEquals(await statusWith(url, token), 401);
  const again = await home.hub(["token", "revoke", "grafana"]);
  assertEquals([again.code, again.stderr], [1, 'claustrum: there is no token "grafana"\n']);
  const names = JSON.parse((await home.hub(["token", "list", "--json"])).stdout).map(({ name }: { name: string }) =>
    name
  );
  assertEquals(names, ["phone"]);
  assertEquals((await home.hub(["token"])).stdout, await Deno.readTextFile(`${home.state}/hub.token`));
});

Deno.test("claustrum hub token create refuses a name that is taken", async () => {
  await using home = await hubHome();
  await startHub(home);
  await home.hub(["token", "create", "phone"]);
  const { code, stderr } = await home.hub(["token", "create", "phone"]);
  assertEquals([code, stderr], [1, 'claustrum: there is a token with the name "phone" already\n']);
});

Deno.test("claustrum hub sign-ins lists browsers, and signs them out", async () => {
  await using home = await hubHome();
  const url = await startHub(home);
  await signIn(home, url);
  const { stdout } = await home.hub(["sign-ins"]);
  assertMatch(
    stdout,
    /^ID +USER +BY +ADDRESS +AGE +USED +BROWSER\n\S+ +owner +link +127\.0\.0\.1 +\d+s +\d+s ago +tester\n$/,
  );
  assertEquals((await home.hub(["sign-ins", "revoke", "1"])).stdout, "signed out owner on 127.0.0.1\n");
  assertEquals(JSON.parse((await home.hub(["sign-ins", "list", "--json"])).stdout), []);
  const { code, stderr } = await home.hub(["sign-ins", "revoke", "1"]);
  assertEquals([code, stderr], [1, 'claustrum: there is no sign-in "1"\n']);
});

Deno.test("claustrum hub audit lists who changed what, the newest first, as many as are wanted", async () => {
  await using home = await hubHome();
  await startHub(home);
  await home.hub(["token", "create", "phone"]);
  await home.hub(["token", "revoke", "phone"]);
  await home.hub(["token", "revoke", "phone"]);
  const entries = JSON.parse((await home.hub(["audit", "--limit", "3", "--json"])).stdout);
  assertEquals(
    entries.map(({ who, what, target, result }: Record<string, string>) => [who, what, target, result]),
    [
      ["command line", "tokens.revoke", "phone", "unknown"],
      ["command line", "tokens.revoke", "phone", "ok"],
      ["command line", "tokens.create", "phone", "ok"],
    ],
  );
  const { stdout } = await home.hub(["audit", "--what", "tokens.create"]);
  assertEquals(stdout.split("\n").length, 3);
  assertStringIncludes(stdout, "tokens.create");
  assertEquals(JSON.parse((await home.hub(["audit", "--who", "nobody", "--json"])).stdout), []);
});

Deno.test("claustrum hub audit asks for more pages than one when more entries are wanted", async () => {
  await using home = await hubHome();
  await startHub(home);
  const token = (await Deno.readTextFile(`${home.state}/hub.token`)).trim();
  await using client = await connectHub({ socket: `${home.state}/hub.sock`, token });
  const changes = Array.from({ length: 510 }, () => client.call("session.configure", { session_name: "s" }));
  await Promise.all(changes);
  const entries = JSON.parse((await home.hub(["audit", "--limit", "505", "--json"])).stdout);
  const ids = entries.map(({ id }: { id: number }) => id);
  assertEquals(ids, Array.from({ length: 505 }, (_, i) => ids[0] - i));
});

Deno.test("formatTokens(), formatSignIns() and formatAudit() show no control characters", () => {
  const token = { id: "i", name: "a\x1b[31m", read_only: false, created_at: AT_ELEVEN };
  const signIn = {
    id: "i",
    user: "me\n",
    way: "proxy",
    read_only: true,
    address: "10.0.0.1",
    agent: "x\x07",
    created_at: AT_ELEVEN,
    used_at: AT_ELEVEN,
    expires_at: AT_ELEVEN,
    is_current: false,
  };
  const entry = { id: 1, at: AT_ELEVEN, who: "me\r", way: "link", what: "session.stop", target: "\x9b", result: "ok" };
  const options = { columns: Infinity, now: NOW };
  const text = [formatTokens([token], options), formatSignIns([signIn], options), formatAudit([entry], options)];
  // deno-lint-ignore no-control-regex -- it looks for control characters
  assertEquals(text.filter((each) => /[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(each)), []);
  assertEquals(text.map((each) => each.split("\n").length), [2, 2, 2]);
  assertStringIncludes(text[1]!, "proxy, read only");
});

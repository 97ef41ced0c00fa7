import { assertEquals } from "@std/assert";
import { trust } from "../../../lib/claude_home/trust.ts";
import { OPERATIONS } from "../../../lib/hub/operations.ts";
import { hubWeb, type RequestHeaders, type TestHubWeb } from "../../helpers/hub_web.ts";
import { pushBrowser } from "../../helpers/push_browser.ts";
import { MemoryRemote } from "../../helpers/memory_remote.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { rawRequest, UPGRADE } from "../../helpers/raw_http.ts";
import { tempDir } from "../../helpers/temp.ts";
import { CLIENTS, ROWS, type TableClient, type TableRow } from "./routes_table.ts";

/** Sessions where everything works. */
class WorkingSessions extends MemorySessions {
  override editPrompt(): void {}
  override removePrompt(): void {}
  override movePrompt(): void {}
  override removeRule(): void {}

  override interrupt(): Promise<void> {
    return Promise.resolve();
  }

  override attach(): Promise<{ tmux_session: string; tmux_socket: string }> {
    return Promise.resolve({ tmux_session: "t", tmux_socket: "/tmp/t" });
  }
}

const WEB_PUSH = 'push = { enabled = true, contact = "mailto:me@example.org", hosts = ["push.example.org"] }\n';
/** The SHA-256 of nothing. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const WRONG_TOKEN = "x".repeat(43);

/** Returns what each client of the table sends with its requests. */
async function headersOf(client: TableClient, hub: TestHubWeb): Promise<RequestHeaders> {
  if (client === "nobody") return {};
  if (client === "wrong") return { authorization: `Bearer ${WRONG_TOKEN}` };
  if (client === "token") return hub.owner;
  const reader = hub.access.createToken("reader", true).token;
  if (client === "reader") return { authorization: `Bearer ${reader}` };
  const { headers } = await hub.signIn({ token: client === "viewer" ? reader : hub.token });
  const { origin: _origin, ...withoutOrigin } = headers;
  const { "x-claustrum-page": _key, ...withoutKey } = headers;
  if (client === "foreign") return { ...headers, origin: "http://evil.example" };
  return client === "keyless" ? withoutKey : client === "silent" ? withoutOrigin : headers;
}

/** Returns the status that a client gets, at a hub of its own. */
async function statusOf({ method, path, body }: TableRow, client: TableClient): Promise<number> {
  const sessions = new WorkingSessions();
  sessions.create("s");
  sessions.add("s", { text: "hi" });
  await using root = await tempDir();
  await Deno.mkdir(`${root.path}/known`);
  const remote = new MemoryRemote();
  remote.create("i");
  await using hub = await hubWeb({ sessions, remote, config: `${WEB_PUSH}projects.root = "${root.path}"\n` });
  await trust(hub.home, `${root.path}/known`);
  hub.hosts.add({ name: "box", address: "ssh://box" });
  const headers = await headersOf(client, hub);
  await hub.signIn({ token: hub.token });
  const spares: Readonly<Record<string, string>> = {
    "{session}": "s",
    "{token}": hub.access.createToken("spare", false).name,
    "{sign_in}": hub.store.signIns.list(Date.now())[0]!.id,
    "{owner}": hub.token,
    "{nothing}": EMPTY_SHA256,
    "{subscription}": JSON.stringify((await pushBrowser("https://push.example.org/1")).subscription),
  };
  const fill = (text: string) => text.replaceAll(/\{\w+\}/g, (name) => spares[name] ?? name);
  if (method === "WS") {
    const request = rawRequest("GET", path, { host: `127.0.0.1:${hub.port}`, ...headers, ...UPGRADE });
    return (await hub.raw(request)).status;
  }
  const response = await hub.open(fill(path), {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: fill(body) }),
  });
  await response.body?.cancel();
  return response.status;
}

for (const row of ROWS) {
  const body = row.body === undefined ? "" : ` ${row.body}`;
  Deno.test(`${row.method} ${row.path}${body} answers each client as the table says`, async () => {
    const statuses: Partial<Record<TableClient, number>> = {};
    for (const client of CLIENTS) statuses[client] = await statusOf(row, client);
    assertEquals(statuses, row.statuses);
  });
}

Deno.test("the table of routes has every operation that HTTP has, with its method and path", () => {
  const inTable = new Map(ROWS.map(({ name, method, path }) => [name, `${method} ${path}`]));
  const pattern = (path: string) => new RegExp(`^${path.replaceAll(/:\w+/g, "[^/?]+")}(\\?|$)`);
  for (const { name, http } of OPERATIONS) {
    if (http === undefined) continue;
    const [method = "", path = ""] = (inTable.get(name) ?? "").split(" ");
    assertEquals([name, method, pattern(http.path).test(path)], [name, http.method, true]);
  }
  const operations = new Set<string>(OPERATIONS.filter(({ http }) => http !== undefined).map(({ name }) => name));
  assertEquals(ROWS.filter(({ name }) => !name.startsWith("/") && !operations.has(name)), []);
});

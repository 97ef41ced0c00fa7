import { assert, assertEquals, assertMatch } from "@std/assert";
import { hubMetrics } from "../../../lib/hub/hub_metrics.ts";
import { RequestCounts } from "../../../lib/hub/http/request_counts.ts";
import { labelledMetric } from "../../../lib/system/prometheus.ts";
import { fakeClock } from "../../helpers/fake_clock.ts";
import { hubHome } from "../../helpers/hub_home.ts";
import { hubWeb } from "../../helpers/hub_web.ts";
import { MemorySessions } from "../../helpers/memory_sessions.ts";
import { waitFor } from "../../helpers/wait.ts";

const TOKEN = "a-token-for-the-metrics";
const CONFIG = `metrics.token = "${TOKEN}"\n`;
const READER = { authorization: `Bearer ${TOKEN}` };

/** The values of a page, without the comments. */
function valuesOf(page: string): string[] {
  return page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

Deno.test("/metrics needs its own token, which opens nothing else", async () => {
  await using web = await hubWeb({ config: CONFIG });
  const { status, headers } = await web.request("/metrics", { headers: READER });
  assertEquals([status, headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  assertEquals((await web.request("/api/sessions", { headers: READER })).status, 401);
  for (const refused of [{}, web.owner, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Bearer ` }]) {
    const reply = await web.request("/metrics", { headers: refused });
    assertEquals([reply.status, reply.headers.has("www-authenticate")], [401, true]);
  }
});

Deno.test("/metrics is not there when there is no token for it", async () => {
  await using web = await hubWeb();
  assertEquals((await web.request("/metrics", { headers: web.owner })).status, 404);
});

Deno.test("/metrics counts requests, refused sign-ins and live connections", async () => {
  await using web = await hubWeb({ config: CONFIG });
  for (let i = 0; i < 3; i++) await web.request("/api/sessions", { headers: web.owner });
  await web.request("/api/sessions");
  await web.request("/api/sessions/s/stop", { method: "POST", headers: web.owner, json: {} });
  await web.request("/", { method: "BREW" });
  await web.request("/api/sign-in", { method: "POST", json: { token: "wrong" }, headers: { origin: web.origin } });
  const live = await web.live("/ws/dashboard", web.owner);
  const { text } = await web.request("/metrics", { headers: READER });
  const values = valuesOf(text);
  for (
    const value of [
      'claustrum_hub_http_requests_total{method="GET",status="1xx"} 1',
      'claustrum_hub_http_requests_total{method="GET",status="2xx"} 3',
      'claustrum_hub_http_requests_total{method="GET",status="4xx"} 1',
      'claustrum_hub_http_requests_total{method="POST",status="2xx"} 1',
      'claustrum_hub_http_requests_total{method="POST",status="4xx"} 1',
      'claustrum_hub_http_requests_total{method="other",status="4xx"} 1',
      "claustrum_hub_sign_in_failures_total 1",
      "claustrum_hub_live_connections 1",
      "claustrum_hub_daemon_up 1",
    ]
  ) assert(values.includes(value), `${value} in ${text}`);
  live.close();
  await waitFor("the end of the connection", async () => {
    const { text } = await web.request("/metrics", { headers: READER });
    return valuesOf(text).includes("claustrum_hub_live_connections 0");
  });
});

/** A page with known values. */
function page(): string {
  const sessions = new MemorySessions();
  const prompt = { id: "p", prompt: "x", at: "" };
  sessions.create("a", { queue: [prompt, prompt] });
  sessions.create("b", { status: "waiting_permission", queue: [prompt] });
  sessions.add("a");
  const requests = new RequestCounts();
  requests.note("GET", 204);
  const state = { name: "json h", problem: undefined };
  const clock = fakeClock();
  clock.advance(1_500);
  return hubMetrics({
    sessions,
    store: { events: { bytes: 4_096 } },
    access: { failedSignIns: 2 },
    live: { size: 3 },
    requests,
    webhooks: [{ ...state, pending: 1, delivered: 2, failed: 3 }, { ...state, pending: 10, delivered: 20, failed: 30 }],
    startedAt: clock.now() - 1_500,
    clock,
  });
}

Deno.test("hubMetrics() tells what sessions and webhooks do", () => {
  const lines = valuesOf(page());
  assertMatch(lines[0]!, /^claustrum_hub_info\{version="[^"]+",runtime="\d+\.\d+\.\d+"\} 1$/);
  assertMatch(lines.find((line) => line.startsWith("process_resident_memory_bytes"))!, / [1-9]\d{6,}$/);
  assertEquals(lines.slice(1).filter((line) => !line.startsWith("process_")), [
    "claustrum_hub_uptime_seconds 1.5",
    "claustrum_hub_daemon_up 1",
    'claustrum_hub_sessions{status="starting"} 0',
    'claustrum_hub_sessions{status="idle"} 1',
    'claustrum_hub_sessions{status="active"} 0',
    'claustrum_hub_sessions{status="waiting_permission"} 1',
    'claustrum_hub_sessions{status="stopped"} 0',
    'claustrum_hub_sessions{status="error"} 0',
    "claustrum_hub_prompts_queued 3",
    "claustrum_hub_permissions_pending 0",
    "claustrum_hub_events_total 1",
    "claustrum_hub_events_stored_bytes 4096",
    "claustrum_hub_live_connections 3",
    'claustrum_hub_http_requests_total{method="GET",status="2xx"} 1',
    "claustrum_hub_sign_in_failures_total 2",
    "claustrum_hub_webhook_deliveries_pending 11",
    "claustrum_hub_webhook_deliveries_total 22",
    "claustrum_hub_webhook_deliveries_failed_total 33",
  ]);
});

Deno.test("the parser of Prometheus accepts the metrics of the hub", async () => {
  const script = "import sys\nfrom prometheus_client.parser import text_string_to_metric_families as parse\n" +
    "print(*[f'{f.name}:{f.type}:{len(f.samples)}' for f in parse(sys.stdin.read())], sep='\\n')";
  const child = new Deno.Command("/usr/bin/python3", { args: ["-c", script], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(page()));
  await writer.close();
  const { success, stdout } = await child.output();
  const families = new TextDecoder().decode(stdout).trim().split("\n");
  assert(success);
  assertEquals(families.filter((family) => family.includes(":unknown:")), []);
  assertEquals(families.length, 16);
  assert(families.includes("claustrum_hub_sessions:gauge:6"), families.join(" "));
  assert(families.includes("claustrum_hub_http_requests:counter:1"), families.join(" "));
});

Deno.test("labelledMetric() escapes what labels contain", () => {
  const text = labelledMetric("m", "gauge", "Help.", [{ labels: { a: 'x"\\\n' }, value: 1 }]);
  assertEquals(text.split("\n")[2], 'm{a="x\\"\\\\\\n"} 1');
});

Deno.test("a hub with few permissions can tell its metrics", async () => {
  await using home = await hubHome();
  const started = await home.hub(["start", "--json"], { CLAUSTRUM_METRICS_TOKEN: TOKEN });
  const { url } = JSON.parse(started.stdout);
  const response = await fetch(`${url}/metrics`, { headers: { ...READER, connection: "close" } });
  const values = valuesOf(await response.text());
  assertEquals([response.status, values.includes('claustrum_hub_sessions{status="idle"} 1')], [200, true]);
});

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { isLoopback, parseListenAddress, permissionHost } from "../../lib/daemon/observe/listen_address.ts";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { isExitOf, LineClient } from "../helpers/line_client.ts";
import { waitFor } from "../helpers/wait.ts";

function addressIn(log: string): string {
  return /metrics: serving Prometheus counters on (\S+)\/metrics/.exec(log)![1]!;
}

async function get(url: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(url, { headers: { connection: "close" } });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

const SIX = `# HELP claustrum_connections_total Client connections accepted.
# TYPE claustrum_connections_total counter
claustrum_connections_total 2
# HELP claustrum_process_spawns_total Processes started via process.spawn.
# TYPE claustrum_process_spawns_total counter
claustrum_process_spawns_total 2
# HELP claustrum_process_exits_total Managed processes that have exited.
# TYPE claustrum_process_exits_total counter
claustrum_process_exits_total 1
# HELP claustrum_reattaches_total process.reattach calls that found their process.
# TYPE claustrum_reattaches_total counter
claustrum_reattaches_total 1
# HELP claustrum_stream_bytes_total Process stdout/stderr bytes streamed to clients.
# TYPE claustrum_stream_bytes_total counter
claustrum_stream_bytes_total 11
# HELP claustrum_stdin_bytes_total Bytes accepted for child stdin.
# TYPE claustrum_stdin_bytes_total counter
claustrum_stdin_bytes_total 3
`;

Deno.test("the metrics begin with the exact six counters of the contract when they are fetched", async () => {
  await using daemon = await startDaemon({ flags: ["--metrics-addr", "127.0.0.1:0"], allowNet: "127.0.0.1:0" });
  using first = await daemon.connect();
  using second = await daemon.connect();
  await first.call("process.spawn", { id: "p", command: "sh", args: ["-c", "echo hello; echo hell >&2"] });
  await first.until(isExitOf("p"));
  await first.call("process.spawn", { id: "q", command: "sleep", args: ["1000"] });
  await first.call("process.stdin", { id: "q", data: btoa("abc") });
  await first.call("process.stdin", { id: "q", data: btoa("ab"), offset: 0 });
  await second.call("process.reattach", { id: "p" });
  await second.call("process.reattach", { id: "nobody" });
  await second.call("no.such", {});
  await waitFor("the address", () => daemon.log().includes("metrics: serving"));
  const url = `http://${addressIn(daemon.log())}`;
  const { status, type, text } = await get(`${url}/metrics`);
  assertEquals([status, type], [200, "text/plain; version=0.0.4; charset=utf-8"]);
  assertEquals(text.slice(0, SIX.length), SIX);
  assertMatch(text, /^claustrum_connections 2$/m);
  assertMatch(text, /^claustrum_processes_running 1$/m);
  assertMatch(text, /^claustrum_replay_bytes [1-9]\d+$/m);
  assertStringIncludes(text, 'claustrum_requests_total{method="process.spawn",code="0"} 2\n');
  assertStringIncludes(text, 'claustrum_requests_total{method="unknown",code="-32601"} 1\n');
  assertMatch(text, /^claustrum_request_seconds_bucket\{le="\+Inf"\} 7$/m);
  assertMatch(text, /^process_open_fds \d\d+$/m);
  assertMatch(text, /^process_resident_memory_bytes \d{8,}$/m);
  assertMatch(text, /^process_start_time_seconds 1[78]\d{8}(\.\d+)?$/m);
  for (const path of ["/", "/metric", "/metrics/"]) assertEquals((await get(url + path)).status, 404);
});

Deno.test("the parser of Prometheus accepts the metrics when it reads them", async () => {
  await using daemon = await startDaemon({ flags: ["--metrics-addr", "127.0.0.1:0"], allowNet: "127.0.0.1:0" });
  using client = await daemon.connect();
  await client.call("server.ping");
  await waitFor("the address", () => daemon.log().includes("metrics: serving"));
  const { text } = await get(`http://${addressIn(daemon.log())}/metrics`);
  const script = "import sys\nfrom prometheus_client.parser import text_string_to_metric_families as parse\n" +
    "print(*[f'{f.name}:{f.type}:{len(f.samples)}' for f in parse(sys.stdin.read())], sep='\\n')";
  const child = new Deno.Command("/usr/bin/python3", { args: ["-c", script], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  assert(success);
  const families = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(families.filter((family) => family.includes(":unknown:")), []);
  assert(
    families.includes("claustrum_connections_total:counter:1") || families.includes("claustrum_connections:counter:1"),
  );
  assert(families.includes("claustrum_request_seconds:histogram:14"), families.join(" "));
});

Deno.test("the daemon logs an error and serves when it cannot listen on the metrics address", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  for (
    const [address, reason] of [
      ["127.0.0.1:99999", "listen tcp: address 99999: invalid port"],
      ["9090", "listen tcp: address 9090: missing port in address"],
      [`127.0.0.1:${port}`, `listen tcp 127.0.0.1:${port}: bind: address already in use`],
    ] as const
  ) {
    await using daemon = await startDaemon({ flags: ["--metrics-addr", address], allowNet: `127.0.0.1:${port}` });
    await waitFor("the failure", () => daemon.log().includes("ERROR"));
    assertStringIncludes(daemon.log(), `ERROR [Server] metrics: listen ${address}: ${reason}\n`);
    using client = await daemon.connect();
    assertEquals((await client.call("server.ping")).result, { pong: true });
  }
});

Deno.test("the daemon logs a warning when other machines can reach the metrics address", async () => {
  await using daemon = await startDaemon({ flags: ["--metrics-addr", ":0"], allowNet: "0.0.0.0:0" });
  await waitFor("the warning", () => daemon.log().includes("may be reached"));
  assertStringIncludes(daemon.log(), "WARN  [Server] metrics: :0 may be reached from other machines");
});

Deno.test("the daemon can listen on its metrics address and on no other address when it runs in the background", async () => {
  await using home = await testHome();
  const address = `127.0.0.1:${freePort()}`;
  const args = ["serve", "--socket", home.socket, "--metrics-addr", address];
  assertEquals((await claustrum(home.path, args)).code, 0);
  await waitFor("the page", async () => (await home.log()).includes("metrics: serving"));
  assertMatch((await get(`http://${address}/metrics`)).text, /^# HELP claustrum_connections_total/);
  const cmdline = (await Deno.readTextFile(`/proc/${home.pid()}/cmdline`)).split("\0");
  const hosts = cmdline.find((arg) => arg.startsWith("--allow-net="))!.slice("--allow-net=".length).split(",");
  const bound = hosts.find((host) => /^unix:.*\/\.bind-[0-9a-f]{8}$/.test(host));
  assertEquals(hosts, [`unix:${home.socket}`, bound, address]);
  await LineClient.connect(home.socket, await home.token()).then((client) => client.close());
});

Deno.test("serve says which address of the metrics is taken and what to do, and the daemon runs without them", async () => {
  await using home = await testHome();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket, "--metrics-addr", address]);
  assertEquals(
    [code, stderr],
    [
      0,
      `claustrum: the daemon runs without metrics: listen tcp ${address}: bind: address already in use; free that ` +
      "address or choose another one, then: claustrum serve --replace --handover --metrics-addr HOST:PORT\n",
    ],
  );
  await LineClient.connect(home.socket, await home.token()).then((client) => client.close());
});

/** Returns a port that is unused. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

for (
  const [text, expected] of [
    ["127.0.0.1:9090", { hostname: "127.0.0.1", port: 9090 }],
    [":9090", { hostname: "0.0.0.0", port: 9090 }],
    ["[::1]:9090", { hostname: "::1", port: 9090 }],
    ["localhost:0", { hostname: "localhost", port: 0 }],
  ] as const
) {
  Deno.test(`parseListenAddress() parses ${text}`, () => assertEquals(parseListenAddress(text), expected));
}

for (
  const [text, message] of [
    ["9090", "listen tcp: address 9090: missing port in address"],
    ["localhost", "listen tcp: address localhost: missing port in address"],
    ["::1:9090", "listen tcp: address ::1:9090: too many colons in address"],
    ["h:http", "listen tcp: lookup tcp/http: unknown port"],
    ["h:65536", "listen tcp: address 65536: invalid port"],
  ] as const
) {
  Deno.test(`parseListenAddress() refuses ${text}`, () => {
    assertThrows(() => parseListenAddress(text), SyntaxError, message);
    assertEquals(permissionHost(text), undefined);
  });
}

Deno.test("isLoopback() returns true only when the address is a loopback address", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) assert(isLoopback(host), host);
  for (const host of ["0.0.0.0", "10.0.0.1", "::", "host"]) assert(!isLoopback(host), host);
});

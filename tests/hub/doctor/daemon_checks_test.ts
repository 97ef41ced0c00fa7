import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type HubConfig, resolveHubConfig } from "../../../lib/hub/config.ts";
import { checkDaemon } from "../../../lib/hub/doctor/daemon_checks.ts";
import { examine } from "../../../lib/hub/doctor/examine.ts";
import { hubPaths } from "../../../lib/hub/hub_paths.ts";
import type { DoctorCheck } from "../../../lib/hub/operation_types.ts";
import { startDaemon, type TestDaemon } from "../../helpers/daemon.ts";
import { standInAgent } from "../../helpers/stand_in_agent.ts";
import { tempDir } from "../../helpers/temp.ts";

/** The configuration with this agent. */
async function configWith(binary: string): Promise<HubConfig> {
  return (await resolveHubConfig({ env: new Map([["CLAUSTRUM_AGENT_BINARY", binary]]) })).config;
}

/** Writes a program that is the agent; returns its path. */
async function agentThat(directory: string, script: string): Promise<string> {
  const path = `${directory}/agent`;
  await Deno.writeTextFile(`${path}.new`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await Deno.rename(`${path}.new`, path);
  return path;
}

async function check(daemon: TestDaemon, binary: string): Promise<ReadonlyMap<string, DoctorCheck>> {
  const { socket, directory } = daemon;
  const checks = await checkDaemon({ socket, directory, config: await configWith(binary) });
  return new Map(checks.map((one) => [one.name, one]));
}

Deno.test("checkDaemon() finds the daemon, the agent, its sign-in and other programs", async () => {
  await using daemon = await startDaemon();
  const agent = await standInAgent(daemon.directory);
  const checks = await check(daemon, agent.program);
  const problems = [...checks.values()].filter(({ status, name }) => status !== "ok" && name !== "clock");
  assertEquals(problems, []);
  assertMatch(checks.get("agent")!.message, /claude \d+\.\d+\.\d+$/);
  assertEquals(checks.get("agent sign-in")!.message, "signed in (api_key)");
  assertMatch(checks.get("tmux")!.message, /^tmux \d/);
  assertMatch(checks.get("git")!.message, /^git version \d/);
  assertMatch(checks.get("disk space")!.message, /^\d+\.\d GiB left in \//);
});

Deno.test("checkDaemon() leaves no trace of what it runs in the daemon", async () => {
  await using daemon = await startDaemon();
  const agent = await standInAgent(daemon.directory);
  await check(daemon, agent.program);
  using client = await daemon.connect();
  assertEquals((await client.call("process.list", {})).result, { processes: [] });
});

Deno.test("checkDaemon() says how to get an agent where there is none", async () => {
  await using daemon = await startDaemon();
  const checks = await check(daemon, "/nonexistent/claude");
  const { status, message, advice } = checks.get("agent")!;
  assertEquals(
    [status, message],
    ["error", "/nonexistent/claude cannot be run: there is no such program where the daemon looks"],
  );
  assertStringIncludes(advice!, "claustrum install");
  assertEquals(checks.has("agent sign-in"), false);
});

Deno.test("checkDaemon() says what to do when the daemon refuses the token, or there is none", async () => {
  await using daemon = await startDaemon();
  await Deno.writeTextFile(`${daemon.directory}/daemon.token`, "another");
  const refused = (await check(daemon, "/bin/sh")).get("daemon")!;
  assertEquals([refused.status, refused.message], ["error", `the daemon on ${daemon.socket} refused the token`]);
  assertStringIncludes(refused.advice!, `${daemon.directory}/daemon.token is not the one that it has written`);
  assertStringIncludes(refused.advice!, "claustrum serve --replace");
  const { directory } = daemon;
  const config = await configWith("/bin/sh");
  const [absent] = await checkDaemon({ socket: `${directory}/absent.sock`, directory, config });
  assertEquals(absent!.message, `none is running on ${directory}/absent.sock`);
  assertEquals(absent!.advice, "claustrum hub start starts a missing daemon");
});

for (
  const [script, status, message] of [
    ["echo '2.1.144 (Claude Code)'", "error", "is of version 2.1.144"],
    ["echo '2.1.145 (Claude Code)'", "ok", "2.1.145"],
    ["echo '3.0.0 (Claude Code)'", "ok", "3.0.0"],
    ["echo broken >&2; exit 3", "error", "cannot be run: broken"],
    ["exit 4", "error", "cannot be run: exit code 4, and no version"],
  ] as const
) {
  Deno.test(`checkDaemon() finds ${status} with an agent that does ${script}`, async () => {
    await using daemon = await startDaemon();
    const program = await agentThat(daemon.directory, script);
    const found = (await check(daemon, program)).get("agent")!;
    assertEquals([found.status, found.message], [status, `${program} ${message}`]);
  });
}

Deno.test("checkDaemon() tells that the agent is not signed in", async () => {
  await using daemon = await startDaemon();
  const program = await agentThat(
    daemon.directory,
    `[ "$1" = auth ] && { echo '{"loggedIn":false,"authMethod":"none"}'; exit 1; }\necho 2.1.200`,
  );
  const { status, advice } = (await check(daemon, program)).get("agent sign-in")!;
  assertEquals([status, advice], ["error", `run ${program} auth login, or set a key in agent.env`]);
});

Deno.test("checkDaemon() tells that no daemon runs", async () => {
  await using dir = await tempDir();
  const socket = `${dir.path}/rpc.sock`;
  assertEquals(await checkDaemon({ socket, directory: dir.path, config: await configWith("claude") }), [{
    name: "daemon",
    status: "error",
    message: `none is running on ${socket}`,
    advice: "claustrum hub start starts a missing daemon",
  }]);
});

Deno.test("examine() tells how it goes with each webhook, and goes on when a check fails", async () => {
  await using dir = await tempDir();
  const config = await configWith("claude");
  // Such a directory cannot be looked into.
  const paths = hubPaths({ stateDir: `${dir.path}/${"x".repeat(300)}` });
  const state = { pending: 2, delivered: 0, failed: 1 };
  const webhooks = [
    { ...state, name: "json a", problem: undefined },
    { ...state, name: "ntfy b", problem: { at: 0, text: "HTTP 500" } },
  ];
  const running = { description: "it", startedAt: 0, url: undefined, webhooks };
  const daemonSocket = `${dir.path}/rpc.sock`;
  const checks = await examine({
    paths,
    config,
    file: undefined,
    warnings: [],
    daemonSocket,
    running,
    home: undefined,
  });
  const statusOf = (name: string) => checks.find((check) => check.name === name)?.status;
  assertEquals(["hub", "state directory", "database", "daemon"].map(statusOf), ["ok", "error", "error", "error"]);
  assertEquals(
    checks.filter(({ name }) => name.startsWith("webhook")).map(({ status, message }) => [status, message]),
    [
      ["ok", "2 waiting, 1 given up"],
      ["warning", "HTTP 500 at 1970-01-01T00:00:00.000Z; 2 waiting, 1 given up"],
    ],
  );
});

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connectHub } from "../../lib/hub/connect_hub.ts";
import type { HubClient } from "../../lib/hub/hub_client.ts";
import { claustrum } from "../helpers/command.ts";
import { type HubHome, hubHome } from "../helpers/hub_home.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

/** Connects to the hub of a home directory. */
async function connectTo({ state }: HubHome): Promise<HubClient> {
  const token = (await Deno.readTextFile(`${state}/hub.token`)).trim();
  return await connectHub({ socket: `${state}/hub.sock`, token });
}

Deno.test("claustrum hub start starts a hub and a daemon, and tells where they are", async () => {
  await using home = await hubHome();
  const { code, stdout, stderr } = await home.hub(["start", "--json"]);
  assertEquals([code, stderr], [0, ""]);
  const { url, sign_in, ...facts } = JSON.parse(stdout);
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assertMatch(sign_in.slice(url.length), /^\/#code=[\w-]{43}$/);
  assertEquals(facts, {
    socket: `${home.state}/hub.sock`,
    token_file: `${home.state}/hub.token`,
    state_dir: home.state,
    pid: home.pid(),
    started: true,
  });
  const status = JSON.parse((await home.hub(["status", "--json"])).stdout);
  assertEquals([status.running, status.pid, status.sessions], [true, facts.pid, { idle: 1 }]);
  assertEquals([status.daemon.running, status.daemon.socket], [true, `${home.path}/.claude/remote/rpc.sock`]);
});

Deno.test("the hub's files are its user's alone", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
  assertEquals(modeOf(home.state), 0o700);
  for (const { name, isDirectory } of Deno.readDirSync(home.state)) {
    assertEquals([name, modeOf(`${home.state}/${name}`)], [name, isDirectory ? 0o700 : 0o600]);
  }
});

Deno.test("the hub may run no program, and reaches its own sockets and its web address alone", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const args = Deno.readTextFileSync(`/proc/${home.pid()}/cmdline`).split("\0");
  const permissions = args.filter((arg) => arg.startsWith("--allow") || arg === "-A").map((arg) => arg.split("=")[0]!);
  assertEquals(permissions, ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-net"]);
  const net = args.find((arg) => arg.startsWith("--allow-net="))!.slice("--allow-net=".length).split(",");
  assertEquals(net.filter((host) => !host.startsWith(`unix:${home.path}/`)), ["127.0.0.1:0"]);
  assertEquals(args.includes("--no-prompt"), true);
});

Deno.test("the hub reaches push services only if Web Push is on", async () => {
  await using home = await hubHome();
  const config = `${home.path}/hub.toml`;
  await Deno.writeTextFile(config, 'push = { enabled = true, contact = "mailto:me@example.org" }\n');
  await home.hub(["start", "--config", config]);
  const args = Deno.readTextFileSync(`/proc/${home.pid()}/cmdline`).split("\0");
  const net = args.find((arg) => arg.startsWith("--allow-net="))!.slice("--allow-net=".length).split(",");
  assertEquals(net.filter((host) => !host.startsWith(`unix:${home.path}/`)), [
    "127.0.0.1:0",
    "fcm.googleapis.com:443",
    "updates.push.services.mozilla.com:443",
    "*.push.apple.com:443",
    "*.notify.windows.com:443",
  ]);
});

Deno.test("processes of the daemon that the hub starts get no variable of the hub", async () => {
  await using home = await hubHome();
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
  await home.hub(["start"], { CLAUSTRUM_AUTH_PASSWORD_HASH: hash, CLAUSTRUM_NAME: "desk" });
  const { stdout } = await home.run(["run", "--", "env"]);
  assertEquals(stdout.split("\n").filter((line) => line.startsWith("CLAUSTRUM_")), []);
  assertEquals(JSON.parse((await home.hub(["status", "--json"])).stdout).name, "desk");
});

Deno.test("claustrum hub start leaves a running hub alone, and starts a missing daemon", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const pid = home.pid();
  await home.run(["stop", "--yes"]);
  const { code, stdout } = await home.hub([]);
  assertEquals([code, stdout.split("\n")[0]], [0, `already running (pid ${pid}) on ${home.state}/hub.sock`]);
  assertEquals(home.pid(), pid);
  assertEquals((await home.run(["status"])).code, 0);
});

Deno.test("claustrum hub start refuses flags that a running hub does not have", async () => {
  await using home = await hubHome();
  await home.hub(["start", "--name", "desk"]);
  assertEquals((await home.hub(["start", "--name", "desk"])).code, 0);
  const { code, stderr } = await home.hub(["start", "--name", "other"]);
  assertEquals([code, stderr], [
    1,
    "claustrum: already running without this --name (it is desk): stop it first with claustrum hub stop; " +
    "agents run on\n",
  ]);
});

Deno.test("claustrum hub start refuses another daemon than that of a running hub, and starts none", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const { code, stderr } = await home.hub(["start", "--daemon-socket", `${home.path}/other/rpc.sock`]);
  assertEquals([code, stderr], [
    1,
    `claustrum: already running without this --daemon-socket (it is ${home.path}/.claude/remote/rpc.sock): ` +
    "stop it first with claustrum hub stop; agents run on\n",
  ]);
  assertEquals((await home.run(["status", "--socket", `${home.path}/other/rpc.sock`])).code, 3);
});

Deno.test("claustrum hub start starts the missing daemon of a running hub, whichever that is", async () => {
  await using home = await hubHome();
  const socket = `${home.path}/other/rpc.sock`;
  await home.hub(["start", "--daemon-socket", socket]);
  const pid = home.pid();
  assertEquals((await home.run(["stop", "--yes", "--socket", socket])).code, 0);
  const { code, stdout } = await home.hub(["start"]);
  assertEquals([code, stdout.split("\n")[0]], [0, `already running (pid ${pid}) on ${home.state}/hub.sock`]);
  assertEquals((await home.run(["status", "--socket", socket])).code, 0);
  assertEquals((await home.run(["status"])).code, 3);
  await home.run(["stop", "--yes", "--socket", socket]);
});

Deno.test("several starts at once end as one hub", async () => {
  await using home = await hubHome();
  const results = await Promise.all([1, 2, 3].map(() => home.hub(["start", "--json"])));
  assertEquals(results.map(({ code, stderr }) => [code, stderr]), results.map(() => [0, ""]));
  const facts = results.map(({ stdout }) => JSON.parse(stdout));
  assertEquals(facts.map(({ pid }) => pid), facts.map(() => home.pid()));
  assertEquals(facts.filter(({ started }) => started).length, 1);
});

Deno.test("claustrum hub stop ends the hub and leaves the daemon", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const pid = home.pid()!;
  const { code, stdout } = await home.hub(["stop"]);
  assertEquals([code, stdout], [0, `stopped the hub (pid ${pid})\n`]);
  await waitFor("the hub to end", () => !isAlive(pid));
  assertEquals((await home.hub(["status"])).code, 3);
  assertEquals((await home.hub(["stop"])).stdout, "no hub is running\n");
  assertEquals((await home.run(["status"])).code, 0);
});

Deno.test("a hub keeps its token over restarts, and takes a new one at once", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const { stdout: first } = await home.hub(["token"]);
  assertMatch(first, /^[A-Za-z0-9_-]{43}\n$/);
  await home.hub(["stop"]);
  await home.hub(["start"]);
  assertEquals((await home.hub(["token"])).stdout, first);
  await using former = await connectTo(home);
  const { stdout: second } = await home.hub(["token", "--rotate"]);
  assertEquals([second === first, (await home.hub(["token"])).stdout], [false, second]);
  await using client = await connectTo(home);
  assertEquals((await client.call("sessions.list", {})).length, 1);
  const error = await former.call("sessions.list", {}).catch((error) => error);
  assertEquals(error.code, -32001);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`a hub ends soon after ${signal}, and tells its followers`, async () => {
    await using home = await hubHome();
    await home.hub(["start"]);
    const pid = home.pid()!;
    await using client = await connectTo(home);
    const stream = client.follow();
    assertEquals((await stream.next()).value?.type, "snapshot");
    const start = performance.now();
    Deno.kill(pid, signal);
    await waitFor("the hub to end", () => !isAlive(pid));
    const ms = performance.now() - start;
    assertEquals(ms < 3_000, true, `${ms} ms`);
    assertStringIncludes(await Deno.readTextFile(`${home.state}/hub.log`), "the hub has stopped");
    await home.hub(["start"]);
    assertEquals((await stream.next()).value?.type, "snapshot");
    await stream.return(undefined);
  });
}

Deno.test("a hub starts after one that was killed", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const pid = home.pid()!;
  Deno.kill(pid, "SIGKILL");
  await waitFor("the hub to end", () => !isAlive(pid));
  assertEquals((await home.hub(["status"])).code, 3);
  assertEquals((await home.hub(["start"])).code, 0);
  assertEquals(home.pid() === pid, false);
});

Deno.test("a hub logs errors that nothing catches, and runs on", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  await using client = await connectTo(home);
  // The feed passes on what the sessions announce.
  await using following = client.follow();
  await following.next();
  await client.call("prompt.send", { session_name: "s", prompt: "have bugs" });
  const log = () => Deno.readTextFile(`${home.state}/hub.log`);
  await waitFor("the last bug", async () => (await log()).includes("a forgotten timer"));
  for (const what of ["promise", "task", "timer"]) {
    assertMatch(await log(), new RegExp(`nothing caught this: TypeError: a forgotten ${what}\\n\\s+at `));
  }
  assertEquals((await client.call("hub.status", {})).pid, home.pid());
});

Deno.test("a hub whose state directory has a long path has a short socket", async () => {
  await using home = await hubHome();
  const state = `${home.path}/${"long/".repeat(25)}state`;
  const { code, stdout } = await home.hub(["start", "--json", "--state-dir", state]);
  const { socket, pid } = JSON.parse(stdout);
  assertEquals(code, 0);
  assertMatch(socket, /^\/tmp\/claustrum-\d+\/[0-9a-f]{16}\/hub\.sock$/);
  assertEquals((await home.hub(["status", "--state-dir", state])).code, 0);
  assertEquals((await home.hub(["stop", "--state-dir", state])).stdout, `stopped the hub (pid ${pid})\n`);
  await Deno.remove(socket.slice(0, socket.lastIndexOf("/")), { recursive: true });
});

Deno.test("a wrong configuration keeps the hub from starting", async () => {
  await using home = await hubHome();
  await Deno.writeTextFile(`${home.path}/hub.toml`, "\n[sessions]\nmax = 'x'\n");
  const { code, stderr } = await home.hub(["start", "--config", `${home.path}/hub.toml`]);
  const text = `claustrum: ${home.path}/hub.toml:3: sessions.max must be a whole number from 0, not "x"\n`;
  assertEquals([code, stderr], [1, text]);
});

Deno.test("a hub in the foreground ends as its launcher would tell it to", async () => {
  await using home = await hubHome();
  await home.hub(["start"]);
  const { code, stderr } = await home.hub(["start", "--foreground"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `${home.state} is in use by the hub with pid ${home.pid()}`);
});

Deno.test("a hub that cannot start says why in one line", async () => {
  await using home = await hubHome();
  await Deno.mkdir(home.state, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${home.state}/hub.token`, "not a token");
  const { code, stderr } = await home.hub(["start"]);
  const text = `claustrum: ${home.state}/hub.token does not contain a token: claustrum hub token --rotate\n`;
  assertEquals([code, stderr], [1, text]);
});

Deno.test("claustrum hub config prints what is in effect, and warns of unknown keys", async () => {
  await using home = await hubHome();
  await Deno.mkdir(`${home.path}/.config/claustrum`, { recursive: true });
  await Deno.writeTextFile(`${home.path}/.config/claustrum/hub.toml`, "name = 'desk'\nnam = 1\n");
  const { code, stdout, stderr } = await claustrum(home.path, ["hub", "config"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^name = "desk" +# \S+\/hub\.toml:1$/m);
  assertEquals(stderr, `claustrum: ${home.path}/.config/claustrum/hub.toml:2: nam is not a key: did you mean name?\n`);
});

Deno.test("a hub tells its configuration, and masks secrets", async () => {
  await using home = await hubHome();
  const file = `${home.path}/.config/claustrum/hub.toml`;
  await Deno.mkdir(`${home.path}/.config/claustrum`, { recursive: true });
  await Deno.writeTextFile(file, 'log_level = "debug"\n[agent.env]\nKEY = "sk-secret"\n');
  await home.hub(["start", "--name", "desk"]);
  await using client = await connectTo(home);
  const config = await client.call("config.get", {});
  const wanted = ["name", "log_level", "agent.env", "sessions.max", "projects.root"];
  assertEquals([config.file, config.values.filter(({ key }) => wanted.includes(key))], [file, [
    { key: "name", value: "desk", source: "command line" },
    { key: "log_level", value: "debug", source: `${file}:1` },
    { key: "agent.env", value: { KEY: "***" }, source: `${file}:2` },
    { key: "sessions.max", value: 50, source: "default" },
    { key: "projects.root", source: "default" },
  ]]);
  assertEquals(JSON.stringify(config).includes("sk-secret"), false);
});

Deno.test("claustrum hub token says that there is none yet", async () => {
  await using home = await hubHome();
  const { code, stderr } = await claustrum(home.path, ["hub", "token"]);
  assertEquals([code, stderr], [1, "claustrum: there is no token yet: claustrum hub start makes one\n"]);
});

Deno.test("claustrum hub start says how to get an agent CLI where there is none", async () => {
  await using home = await hubHome();
  const without = await home.hub(["start"], { CLAUSTRUM_AGENT_BINARY: "no-such-agent" });
  assertEquals(without.code, 0);
  assertStringIncludes(without.stderr, "there is no agent CLI yet (no-such-agent): npm install -g");
  const other = await home.hub(["start"], { CLAUSTRUM_AGENT_BINARY: "/bin/sh" });
  assertEquals([other.code, other.stderr], [0, ""]);
});

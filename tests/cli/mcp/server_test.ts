import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CLI, plainEnvironment } from "../../helpers/daemon.ts";
import { mcpClient } from "../../helpers/mcp_client.ts";
import { type Json, type SessionHome, sessionHome } from "../../helpers/session_home.ts";
import { soon, waitFor } from "../../helpers/wait.ts";

/** A home directory in which the session `work` is idle. */
async function withSession(): Promise<SessionHome> {
  const home = await sessionHome();
  await home.session("start", home.work, "--trust");
  return home;
}

/** What a server that is allowed to read, to write, and to reach sockets needs of the runtime. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-net"];

Deno.test("mcp starts a hub, and shows sessions to a client of the official SDK", async () => {
  await using home = await sessionHome();
  await using mcp = await mcpClient(home.path);
  assertEquals(await mcp.json("sessions_list"), []);
  const { id } = await home.json("start", home.work, "--trust");
  assertEquals((await mcp.json("sessions_list", { active: true })).map(({ id }: Json) => id), [id]);
  const { structured, texts } = await mcp.call("session_get", { session_name: "work" });
  assertEquals([structured.status, structured], ["idle", JSON.parse(texts[0]!)]);
  assertEquals((await mcp.json("hub_status")).sessions, { idle: 1 });
  assertEquals(mcp.stderr(), "");
});

Deno.test("mcp without --allow-writes offers no tool that changes something, and says so when one is called", async () => {
  await using home = await withSession();
  await using mcp = await mcpClient(home.path, ["--no-start"], PERMISSIONS);
  const { tools } = await mcp.sdk.listTools();
  assert(tools.some(({ name }) => name === "session_events"));
  assertEquals(tools.filter(({ annotations }) => annotations?.readOnlyHint !== true), []);
  await assertRejects(
    () => mcp.call("prompt_send", { session_name: "work", prompt: "echo hi" }),
    Error,
    "there is no tool prompt_send: it changes sessions, which claustrum mcp offers only with --allow-writes",
  );
  await assertRejects(() => mcp.call("daemon_stop"), Error, "there is no tool daemon_stop");
  assertEquals(await mcp.json("session_events", { session_name: "work", types: "prompt" }), []);
});

Deno.test("mcp --allow-writes drives a session", async () => {
  await using home = await withSession();
  await using mcp = await mcpClient(home.path, ["--allow-writes"]);
  const work = { session_name: "work" };
  const sent = await mcp.json("prompt_send", { ...work, prompt: "slow 3 20" });
  assertEquals(sent.prompt_status, "sent");
  const { status, timed_out, answer } = await mcp.json("session_wait", work);
  assertEquals([status, timed_out, answer], ["idle", false, "1 2 3 "]);
  const results = await mcp.json("session_events", { ...work, types: "result" });
  assertEquals(results.map(({ payload }: Json) => payload.result), ["1 2 3 "]);
  const [newest] = await mcp.json("session_events", { ...work, before: Number.MAX_SAFE_INTEGER, limit: 1 });
  assertEquals(newest.id, (await mcp.json("session_get", work)).last_event);
  assertEquals((await mcp.json("events_search", { query: "slow" })).length, 1);

  assertEquals((await mcp.json("session_configure", { ...work, name: "renamed" })).name, "renamed");
  assertEquals((await mcp.json("session_stop", { session_name: "renamed" })).status, "stopped");
  // A prompt resumes it.
  await mcp.json("prompt_send", { session_name: "renamed", prompt: "echo again" });
  assertEquals((await mcp.json("session_wait", { session_name: "renamed" })).answer, "echo: again");
  await mcp.json("session_kill", { session_name: "renamed" });
  assertEquals(await mcp.json("session_remove", { session_name: "renamed" }), { ok: true });
  const started = await mcp.json("session_start", { path: home.work, name: "other", prompt: "echo first" });
  assertEquals((await mcp.json("session_wait", { session_name: started.id })).answer, "echo: first");
});

Deno.test("mcp returns failures of the hub as results that the agent reads", async () => {
  await using home = await withSession();
  await using mcp = await mcpClient(home.path, ["--allow-writes"]);
  const failure = async (name: string, args: Record<string, unknown>) => {
    const { isError, texts, structured } = await mcp.call(name, args);
    assertEquals([isError, structured], [true, undefined], name);
    return texts.join();
  };
  assertStringIncludes(await failure("session_get", { session_name: "nobody" }), "nobody");
  assertEquals(await failure("session_get", {}), 'the field "session_name" is missing');
  assertEquals(await failure("session_get", { session_name: "work", nope: 1 }), 'there is no field "nope"');
  assertStringIncludes(await failure("session_remove", { session_name: "work" }), "stop it first");
  const untrusted = `${home.path}/untrusted`;
  await Deno.mkdir(untrusted);
  assertStringIncludes(await failure("session_start", { path: untrusted }), "is not trusted yet");
  const refused = 'the field "policy" is not for agents: a person sets it';
  assertEquals(await failure("session_configure", { session_name: "work", policy: "allow" }), refused);
  assertEquals((await home.json("show", "work")).policy, "ask");
});

Deno.test("session_wait of mcp returns a permission that waits, which no tool answers", async () => {
  await using home = await withSession();
  await using mcp = await mcpClient(home.path, ["--allow-writes"]);
  const work = { session_name: "work" };
  await mcp.json("prompt_send", { ...work, prompt: "tool Bash touch marker" });
  const { status, permissions } = await mcp.json("session_wait", work);
  const [{ id, tool_name }] = permissions;
  assertEquals([status, permissions.length, tool_name], ["waiting_permission", 1, "Bash"]);
  assertEquals((await mcp.json("permissions_list")).map(({ id }: Json) => id), [id]);
  const answer = { permission_id: id, decision: "allow" };
  await assertRejects(() => mcp.call("permission_answer", answer), Error, "there is no tool permission_answer");
  await home.session("approve", "work", id);
  const after = await mcp.json("session_wait", work);
  assertEquals([after.status, after.answer], ["idle", "ran: "]);
});

Deno.test("session_wait of mcp returns when its time is over, and ends when the client gives up", async () => {
  await using home = await withSession();
  await using mcp = await mcpClient(home.path, ["--allow-writes"]);
  const work = { session_name: "work" };
  await mcp.json("prompt_send", { ...work, prompt: "stall" });
  const { status, timed_out } = await mcp.json("session_wait", { ...work, timeout_seconds: 0 });
  assertEquals([status, timed_out], ["active", true]);
  const end = new AbortController();
  const waiting = assertRejects(() => mcp.call("session_wait", work, end.signal));
  await mcp.sdk.ping();
  end.abort();
  await waiting;
  await mcp.json("session_interrupt", work);
  const { status: then, error } = await mcp.json("session_wait", work);
  assertEquals([then, error], ["idle", "the turn was interrupted"]);
});

Deno.test("mcp fails calls while there is no hub, and goes on with the next hub and with a new token", async () => {
  await using home = await withSession();
  await using mcp = await mcpClient(home.path);
  assertEquals((await mcp.json("sessions_list")).length, 1);
  await home.run(["hub", "stop"]);
  const { isError, texts } = await mcp.call("sessions_list");
  assertEquals(isError, true);
  assertStringIncludes(texts[0]!, "hub");
  assertEquals((await home.run(["hub", "start"])).code, 0);
  assertEquals((await mcp.json("sessions_list")).length, 1);
  assertEquals((await home.run(["hub", "token", "--rotate"])).code, 0);
  assertEquals((await mcp.json("session_wait", { session_name: "work" })).status, "idle");
  // Several calls at once, all with the former token.
  assertEquals((await home.run(["hub", "token", "--rotate"])).code, 0);
  const lists = await Promise.all(Array.from({ length: 5 }, () => mcp.json("sessions_list")));
  assertEquals(lists.map(({ length }) => length), [1, 1, 1, 1, 1]);
});

Deno.test("mcp --no-start fails when no hub is running", async () => {
  await using home = await sessionHome();
  assertEquals(await home.run(["mcp", "--no-start"], { stdin: "" }), {
    code: 3,
    stdout: "",
    stderr: "claustrum: no hub is running: start one with claustrum hub start\n",
  });
});

const INITIALIZE = {
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
};

/** Encodes requests, with ids from 0. */
function requestLines(requests: readonly object[]): string {
  return requests.map((request, id) => `${JSON.stringify({ jsonrpc: "2.0", id, ...request })}\n`).join("");
}

Deno.test("mcp answers what stdin holds, writes nothing else on stdout, and ends with stdin", async () => {
  await using home = await withSession();
  const tool = { method: "tools/call", params: { name: "sessions_list" } };
  const lines = requestLines([INITIALIZE, { method: "tools/list" }, tool, { method: "nope" }]);
  const { code, stdout, stderr } = await home.run(["mcp"], { stdin: `no message\n${lines}` });
  assertEquals(code, 0);
  const replies = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  replies.sort((a, b) => a.id - b.id);
  assertEquals(replies.map(({ id, error }) => [id, error?.code]), [[0, undefined], [1, undefined], [2, undefined], [
    3,
    -32601,
  ]]);
  assertStringIncludes(replies[0].result.instructions, "sessions_list");
  assertEquals(JSON.parse(replies[2].result.content[0].text).length, 1);
  assertStringIncludes(stderr, "claustrum: mcp: ");
});

/** Starts the server without the SDK, in the middle of a wait for a session that is busy. */
async function startWaiting(home: SessionHome): Promise<Deno.ChildProcess> {
  await home.session("send", "work", "stall");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", CLI, "mcp"],
    env: plainEnvironment(home.path),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const wait = { method: "tools/call", params: { name: "session_wait", arguments: { session_name: "work" } } };
  await writer.write(new TextEncoder().encode(requestLines([INITIALIZE, wait, { method: "ping" }])));
  writer.releaseLock();
  return child;
}

Deno.test("mcp ends with stdin, SIGTERM and SIGINT in the middle of a call", async () => {
  const ends: readonly (readonly [string, (child: Deno.ChildProcess) => unknown, number])[] = [
    ["stdin", (child) => child.stdin.close(), 0],
    ["SIGTERM", (child) => child.kill("SIGTERM"), 143],
    ["SIGINT", (child) => child.kill("SIGINT"), 130],
  ];
  await using home = await withSession();
  for (const [name, end, code] of ends) {
    const child = await startWaiting(home);
    let text = "";
    const reading = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({ write: (piece) => void (text += piece) }),
    );
    await waitFor("the reply to the ping", () => text.includes('"id":2'));
    await end(child);
    assertEquals((await soon(`the end after ${name}`, child.status)).code, code, name);
    await reading;
    const replies = text.trimEnd().split("\n").map((line) => JSON.parse(line).id);
    assertEquals(replies.sort(), [0, 2], name);
    if (name !== "stdin") await child.stdin.abort();
    await home.session("interrupt", "work");
    await home.whenStatus("work", "idle");
  }
});

Deno.test("mcp ends when stdout has no reader any more", async () => {
  await using home = await withSession();
  const child = await startWaiting(home);
  await child.stdout.cancel();
  let code: number | undefined;
  void child.status.then((status) => code = status.code);
  const writer = child.stdin.getWriter();
  const ping = new TextEncoder().encode(requestLines([{ method: "ping" }]));
  // The pipe may have taken the first replies before it was closed.
  await waitFor("the end", async () => {
    try {
      await writer.write(ping);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // it has just ended
      await child.status;
    }
    return code !== undefined;
  });
  assertEquals(code, 141);
  await writer.abort();
});

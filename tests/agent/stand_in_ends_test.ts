import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { terminalArguments } from "../../lib/agent/arguments.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { hasFact } from "../helpers/driven_agent.ts";
import { findProgram, needing } from "../helpers/program.ts";
import { openTerminal } from "../helpers/terminal.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";
import { isAsking, world } from "./stand_in_fixture.ts";

Deno.test("the stand-in ends at once at a line that it cannot parse", async () => {
  await using place = await world();
  for (
    const [line, message] of [["nonsense", "Error parsing"], ['{"type":"user","message":{"role":"x"}}', "role 'user'"]]
  ) {
    await using agent = place.start();
    await agent.write(`\n{"type":"new"}\n${line}\n`);
    const { code, stderr } = await agent.end();
    assertEquals(code, 1);
    assertStringIncludes(stderr, message!);
  }
});

Deno.test("the stand-in finishes its turn and the queue when stdin ends", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("slow 3 10");
  await agent.prompt("last");
  await agent.close();
  assertEquals([(await agent.end()).code, (await agent.result()).text], [0, "1 2 3 "]);
  assertEquals((await agent.result()).text, "echo: last");
  assertEquals(place.running(), []);
});

Deno.test("the stand-in denies its own question when stdin ends", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  await agent.next("the question", isAsking);
  await agent.close();
  assertMatch((await agent.result()).text!, /^denied: Tool permission request failed: AbortError/);
  assertEquals((await agent.end()).code, 0);
});

Deno.test("the stand-in ends with 1 when its last result was an error", async () => {
  await using place = await world();
  await using agent = place.start();
  const result = await agent.turn("error");
  assertEquals([result.subtype, result.isError, result.text], ["success", true, "API Error: 400 bad thing"]);
  await agent.close();
  assertEquals((await agent.end()).code, 1);
});

Deno.test("the stand-in ends with the real one's codes at signals, and leaves nothing behind", async () => {
  await using place = await world();
  for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129], ["SIGINT", 0]] as const) {
    await using agent = place.start();
    await agent.prompt("stall");
    await agent.next("the turn", hasFact("turn_started"));
    agent.kill(signal);
    assertEquals((await agent.end()).code, code, signal);
    assertEquals(agent.messages.some(hasFact("result")), signal === "SIGINT", signal);
    assertEquals(place.running(), []);
  }
});

Deno.test("the stand-in's tool outlives a SIGKILL but not a SIGTERM", async () => {
  await using place = await world();
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    await using agent = place.start({ permissionMode: "auto" });
    await agent.prompt(`tool Bash echo $$ > ${signal}.new; mv ${signal}.new ${signal}; exec sleep 1000`);
    const file = `${place.home}/${signal}`;
    await waitFor("the tool", () => isThere(file));
    const pid = Number(await Deno.readTextFile(file));
    agent.kill(signal);
    await agent.end();
    if (signal === "SIGTERM") await waitFor("the tool's end", () => !isAlive(pid));
    else {
      assert(isAlive(pid));
      Deno.kill(pid, "SIGKILL");
    }
  }
});

Deno.test("the stand-in ends as it is told", async () => {
  await using place = await world();
  for (
    const [prompt, code, signal] of [["crash 3", 3, null], ["exit", 0, null], ["suicide", 137, "SIGKILL"]] as const
  ) {
    await using agent = place.start();
    await agent.prompt(prompt);
    const end = await agent.end();
    assertEquals([end.code, end.signal], [code, signal]);
  }
});

Deno.test({
  ...needing("the stand-in talks to people in a terminal", findProgram("tmux") !== undefined, "tmux"),
  async fn() {
    await using place = await world();
    const id = crypto.randomUUID();
    await using first = place.start({ claudeSessionId: id });
    await first.turn("ALPHA");
    await first.close();
    await first.end();
    const args = terminalArguments({ claudeSessionId: id, resume: id, permissionMode: "default", extra: [] });
    await using terminal = await openTerminal(
      `cd ${place.home} && HOME=${place.home} ${place.program} ${args.join(" ")}; sleep 1000`,
    );
    await waitFor("the conversation so far", async () => (await terminal.screen()).includes("echo: ALPHA"));
    await terminal.type("BETA", "Enter");
    await waitFor("the answer", async () => (await terminal.screen()).includes("echo: BETA"));
    const [note] = place.running();
    const running = async () => JSON.parse(await Deno.readTextFile(`${place.home}/.claude/sessions/${note}`));
    assertEquals([(await running()).sessionId, (await running()).entrypoint], [id, "cli"]);
    await terminal.type("/clear", "Enter");
    const moved = await waitFor("another id", async () => {
      const { sessionId } = await running();
      return sessionId === id ? undefined : sessionId as string;
    });
    await terminal.type("GAMMA", "Enter", "/exit", "Enter");
    await waitFor("the end", () => place.running().length === 0);
    await using old = place.start({ resume: id });
    assertEquals((await old.turn("recall")).text, "ALPHA | BETA");
    await using last = place.start({ resume: moved });
    assertEquals((await last.turn("recall")).text, "GAMMA");
  },
});

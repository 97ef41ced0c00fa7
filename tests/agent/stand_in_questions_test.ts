import { assertEquals, assertStringIncludes } from "@std/assert";
import type { AgentMessage } from "../../lib/agent/message_types.ts";
import * as requests from "../../lib/agent/requests.ts";
import { isThere } from "../../lib/system/private_files.ts";
import { hasFact, isKind } from "../helpers/driven_agent.ts";
import { isAsking, isResponse, records, world } from "./stand_in_fixture.ts";

Deno.test("the stand-in asks before it uses a tool, and really uses it", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch made && echo done");
  const asked = await agent.next("the question", isAsking);
  assertEquals([asked.toolName, asked.requiresUserInteraction], ["Bash", false]);
  assertEquals(await isThere(`${place.home}/made`), false);
  await agent.write(requests.permissionLine(asked.requestId, { behavior: "allow" }));
  assertEquals((await agent.result()).text, "ran: done");
  assertEquals(await isThere(`${place.home}/made`), true);
});

Deno.test("the stand-in runs the changed input", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  const { requestId } = await agent.next("the question", isAsking);
  const updatedInput = { command: "echo other" };
  await agent.write(requests.permissionLine(requestId, { behavior: "allow", updatedInput }));
  assertEquals((await agent.result()).text, "ran: other");
});

Deno.test("the stand-in goes on after a denial, and after an error of the host", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Write f text");
  const first = await agent.next("the question", isAsking);
  await agent.write(requests.permissionLine(first.requestId, { behavior: "deny", message: "NOT NOW" }));
  const denied = await agent.result();
  assertEquals([denied.text, denied.isError], ["denied: NOT NOW", false]);
  await agent.prompt("tool Write f text");
  const second = await agent.next("the question", isAsking);
  await agent.write(requests.requestErrorLine(second.requestId, "broke"));
  assertEquals((await agent.result()).text, "denied: Tool permission request failed: Error: broke");
  assertEquals(await isThere(`${place.home}/f`), false);
});

Deno.test("the stand-in ends the turn at a denial that interrupts", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  const { requestId } = await agent.next("the question", isAsking);
  await agent.write(requests.permissionLine(requestId, { behavior: "deny", message: "stop", interrupt: true }));
  const result = await agent.result();
  assertEquals([result.isError, result.subtype], [true, "error_during_execution"]);
});

Deno.test("the stand-in asks about the calls of one message one after the other", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tools touch a ;; touch b");
  for (const command of ["touch a", "touch b"]) {
    const { requestId, input } = await agent.next("the question", isAsking);
    assertEquals((input as { command: string }).command, command);
    await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  }
  assertEquals((await agent.result()).text, "ran: ; ran: ");
});

Deno.test("the stand-in asks people", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("ask Which colour?");
  const { requestId, requiresUserInteraction, input, suggestions } = await agent.next("the question", isAsking);
  assertEquals([requiresUserInteraction, suggestions], [true, []]);
  const updatedInput = { ...input as object, answers: { "Which colour?": "Blue" } };
  await agent.write(requests.permissionLine(requestId, { behavior: "allow", updatedInput }));
  assertEquals((await agent.result()).text, 'Your questions have been answered: "Which colour?"="Blue".');
});

Deno.test("the stand-in leaves plan mode when its plan is allowed", async () => {
  await using place = await world();
  await using agent = place.start({ permissionMode: "plan" });
  await agent.prompt("plan do it");
  const { requestId, toolName } = await agent.next("the question", isAsking);
  assertEquals(toolName, "ExitPlanMode");
  await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  const { fact } = await agent.next("the mode", hasFact("mode"));
  assertEquals(fact, { fact: "mode", permissionMode: "default" });
  assertEquals((await agent.result()).text, "planned");
});

Deno.test("the stand-in cancels its question before it confirms an interruption", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("tool Bash touch a");
  const { requestId } = await agent.next("the question", isAsking);
  await agent.write(requests.interruptLine("stop"));
  const result = await agent.result();
  assertEquals(result.isError, true);
  const kinds = agent.messages.slice(agent.messages.findIndex(isKind("cancel_request"))).map(({ kind }) => kind);
  assertEquals(kinds.slice(0, 2), ["cancel_request", "response"]);
  assertEquals(agent.messages.find(isKind("cancel_request"))!.requestId, requestId);
  await agent.write(requests.permissionLine(requestId, { behavior: "allow" }));
  assertEquals((await agent.turn("on")).text, "echo: on");
  assertEquals(await isThere(`${place.home}/a`), false);
});

Deno.test("the stand-in keeps what it said when it is interrupted, and goes on", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("stall");
  await agent.next(
    "the last piece",
    (message): message is Extract<AgentMessage, { kind: "partial" }> =>
      message.kind === "partial" && message.text === "three ",
  );
  await agent.write(requests.interruptLine("stop"));
  assertEquals((await agent.next("the reply", isResponse)).response, { still_queued: [] });
  const { subtype, isError } = await agent.result();
  assertEquals([subtype, isError], ["error_during_execution", true]);
  const texts = (await records(place.transcript(agent.id))).map((record) => JSON.stringify(record["message"] ?? ""));
  assertStringIncludes(texts.at(-2)!, "one two three ");
  assertStringIncludes(texts.at(-1)!, "[Request interrupted by user]");
  assertEquals((await agent.turn("on")).text, "echo: on");
});

Deno.test("the stand-in sends no result for an interruption when it is idle", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.write(requests.interruptLine("stop"));
  assertEquals((await agent.next("the reply", isResponse)).isError, false);
  assertEquals((await agent.turn("hi")).text, "echo: hi");
  assertEquals(agent.messages.filter(hasFact("result")).length, 1);
});

Deno.test("the stand-in runs queued prompts after an interruption", async () => {
  await using place = await world();
  await using agent = place.start();
  await agent.prompt("stall");
  await agent.next("the turn", hasFact("turn_started"));
  const uuid = await agent.prompt("next");
  await agent.write(requests.interruptLine("stop"));
  assertEquals((await agent.next("the reply", isResponse)).response, { still_queued: [uuid] });
  assertEquals([(await agent.result()).isError, (await agent.result()).text], [true, "echo: next"]);
});

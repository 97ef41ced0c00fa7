import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { hubTools } from "../../../lib/cli/mcp/tools.ts";
import { ClaustrumError } from "../../../lib/system/claustrum_error.ts";
import { fakeHub } from "../fake_hub.ts";
import { testSession } from "../session_fixture.ts";

const READING = [
  "events_search",
  "hub_status",
  "permissions_list",
  "session_changes",
  "session_event",
  "session_events",
  "session_get",
  "session_rules",
  "session_wait",
  "sessions_list",
];
const WRITING = [
  "prompt_edit",
  "prompt_move",
  "prompt_remove",
  "prompt_send",
  "session_configure",
  "session_fork",
  "session_interrupt",
  "session_kill",
  "session_remove",
  "session_resume",
  "session_rule_remove",
  "session_start",
  "session_stop",
];

/** The names of tools, sorted. */
function names(allowsWrites: boolean): string[] {
  return hubTools({ allowsWrites }).map(({ definition }) => definition.name).sort();
}

/** Finds a tool. */
function tool(name: string) {
  return hubTools({ allowsWrites: true }).find(({ definition }) => definition.name === name)!;
}

const { signal } = new AbortController();

Deno.test("hubTools() returns no tool that changes something when writes are not allowed", () => {
  assertEquals(names(false), READING);
  for (const { definition } of hubTools({ allowsWrites: false })) {
    assertEquals(definition.annotations, { readOnlyHint: true }, definition.name);
  }
});

Deno.test("hubTools() returns tools that change sessions when writes are allowed, and none that people keep", () => {
  assertEquals(names(true), [...READING, ...WRITING].sort());
});

Deno.test("hubTools() calls all changes destructive but those that are known to destroy nothing", () => {
  const isDestructive = (name: string) => tool(name).definition.annotations?.destructiveHint;
  const harmless = WRITING.filter((name) => isDestructive(name) === false);
  assertEquals(harmless, [
    "prompt_move",
    "prompt_send",
    "session_configure",
    "session_fork",
    "session_resume",
    "session_start",
  ]);
  assert(WRITING.every((name) => harmless.includes(name) || isDestructive(name) === true));
});

Deno.test("hubTools() describes each tool and each parameter in names that every client accepts", () => {
  for (const { definition: { name, description, inputSchema } } of hubTools({ allowsWrites: true })) {
    assertMatch(name, /^[a-zA-Z0-9_-]{1,64}$/);
    assertMatch(description ?? "", /^[A-Z].*\.$/, name);
    assertEquals([inputSchema.type, inputSchema["additionalProperties"]], ["object", false]);
    for (const [field, schema] of Object.entries(inputSchema.properties ?? {})) {
      assert("description" in schema && schema.description !== "", `${name} does not describe ${field}`);
    }
  }
});

Deno.test("hubTools() makes the schema of a tool from the operation's, with the defaults for agents", () => {
  const { properties, required } = tool("events_search").definition.inputSchema;
  assertEquals(required, ["query"]);
  assertEquals(Object.keys(properties!).slice(0, 2), ["query", "limit"]);
  assertEquals(properties!["limit"], {
    description: "how many to return at most",
    type: "integer",
    minimum: 1,
    maximum: 500,
    default: 20,
  });
});

Deno.test("a tool offers and takes no parameter with which a session asks for fewer permissions", async () => {
  const forPeople = {
    policy: "allow",
    permission_mode: "bypassPermissions",
    confirm: "web",
    trust: true,
    claude_args: "",
  };
  // A hub that answers nothing: a call would fail otherwise.
  const hub = fakeHub({});
  for (const name of ["session_start", "session_configure", "session_resume"]) {
    const offered = Object.keys(tool(name).definition.inputSchema.properties!);
    for (const [field, value] of Object.entries(forPeople)) {
      assertEquals(offered.includes(field), false, `${name} ${field}`);
      await assertRejects(
        () => tool(name).call(hub, { path: "/web", session_name: "web", [field]: value }, signal),
        ClaustrumError,
        `the field "${field}" is not for agents: a person sets it`,
      );
    }
  }
});

Deno.test("a tool passes its arguments to the operation of its name, with the defaults for agents", async () => {
  const calls: unknown[] = [];
  const hub = fakeHub({
    "prompt.send": (params) => {
      calls.push(params);
      return { prompt_status: "sent", prompt_id: "p" };
    },
    "session.get": () => testSession(),
  });
  const args = { session_name: "web", prompt: "hello" };
  assertEquals(await tool("prompt_send").call(hub, args, signal), { prompt_status: "sent", prompt_id: "p" });
  await tool("prompt_send").call(hub, { ...args, start_if_stopped: false }, signal);
  assertEquals(calls, [{ ...args, start_if_stopped: true }, { ...args, start_if_stopped: false }]);
  assertEquals(await tool("session_get").call(hub, { session_name: "web" }, signal), testSession());
});

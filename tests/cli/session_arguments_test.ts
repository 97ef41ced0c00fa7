import { assertEquals, assertThrows } from "@std/assert";
import { absolutePath } from "../../lib/cli/absolute_path.ts";
import { chooseItem, findById } from "../../lib/cli/choose_id.ts";
import { choosePermission } from "../../lib/cli/pending_permission.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";
import { answeredInput } from "../../lib/cli/user_answers.ts";
import { ClaustrumError } from "../../lib/system/claustrum_error.ts";
import type { PendingPermission } from "../../lib/sessions/types.ts";
import { testSession } from "./session_fixture.ts";

const ITEMS = [{ id: "12ab-first" }, { id: "12ac-second" }, { id: "1" }];
const INPUT = {
  questions: [
    { question: "Which colour?", header: "Colour", options: [{ label: "Blue" }], multiSelect: false },
    { question: "Is a=b?", header: "Equal", options: [] },
    { question: "Which sizes?", header: "Size", options: [{ label: "S" }, { label: "L" }], multiSelect: true },
    { question: "Which other size?", header: "size", options: [] },
  ],
};

for (
  const [text, id] of [
    ["12ab-first", "12ab-first"],
    ["12ac", "12ac-second"],
    ["12a", undefined],
    ["2", "12ac-second"],
    ["1", "1"],
    ["0", undefined],
    ["4", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`chooseItem() takes "${text}" for ${id ?? "nothing"}`, () => {
    if (id === undefined) assertThrows(() => chooseItem(ITEMS, text, "rule"), ClaustrumError, `no rule "${text}"`);
    else assertEquals(chooseItem(ITEMS, text, "rule").id, id);
  });
}

Deno.test("findById() takes no position", () => {
  assertEquals(findById([{ id: "a" }], "1"), undefined);
});

for (
  const [what, args, answers] of [
    ["the number of a question", ["1=Blue"], { "Which colour?": "Blue" }],
    ["its header, however it is written", ["colour=Blue"], { "Which colour?": "Blue" }],
    ["its text", ["Which colour?=Dark=green"], { "Which colour?": "Dark=green" }],
    ["a text that contains an equals sign", ["Is a=b?=yes"], { "Is a=b?": "yes" }],
    ["several keys", ["2=no", "1=x y"], { "Is a=b?": "no", "Which colour?": "x y" }],
    ["several answers where they are possible", ["3=S", "3=L"], { "Which sizes?": "S, L" }],
  ] as const
) {
  Deno.test(`answeredInput() takes ${what}`, () => {
    assertEquals(answeredInput(INPUT, args), { ...INPUT, answers });
  });
}

for (
  const [what, args, message] of [
    [
      "an unknown key",
      ["5=x"],
      `"5=x" answers no question: write KEY=VALUE, with one of the keys 1 (Colour), 2 (Equal)`,
    ],
    ["a header of two questions", ["Size=S"], `"Size=S" answers no question`],
    ["no value", ["1="], `"1=" answers no question`],
    ["two answers where one is possible", ["1=a", "Colour=b"], `"Which colour?" takes one answer only`],
  ] as const
) {
  Deno.test(`answeredInput() refuses ${what}`, () => {
    assertThrows(() => answeredInput(INPUT, args), UsageError, message);
  });
}

function permission(id: string): PendingPermission {
  const input = { command: `touch ${id}` };
  const at = "2026-11-21T12:00:00.000Z";
  const requires = { requires_user_interaction: false, covers: "" };
  return { id, session: testSession().id, host: "here", at, tool_name: "Bash", input, ...requires };
}

Deno.test("choosePermission() takes the only one that waits", () => {
  assertEquals(choosePermission([permission("p1")], undefined, testSession()), permission("p1"));
});

Deno.test("choosePermission() names those that wait when it has no id", () => {
  const session = testSession();
  assertThrows(() => choosePermission([], undefined, session), ClaustrumError, "no permission of web waits");
  const both = [permission("p1"), permission("p2")];
  const message = "2 permissions of web wait: add the id of one\n  p1  Bash: touch p1\n  p2  Bash: touch p2";
  assertThrows(() => choosePermission(both, undefined, session), ClaustrumError, message);
});

Deno.test("choosePermission() leaves an id that does not wait to the hub, which knows who answered", () => {
  assertEquals(choosePermission([permission("p1")], "gone", testSession()), { id: "gone" });
});

for (
  const [path, absolute] of [
    [".", "/home/me"],
    ["web/", "/home/me/web"],
    ["../you/./x", "/home/you/x"],
    ["/a//b/../c", "/a/c"],
    ["../../../..", "/"],
  ] as const
) {
  Deno.test(`absolutePath() makes ${path} absolute`, () => assertEquals(absolutePath(path, "/home/me"), absolute));
}

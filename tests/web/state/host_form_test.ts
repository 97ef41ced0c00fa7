import { assertEquals, assertMatch } from "@std/assert";
import {
  addHostParams,
  hostAddress,
  hostNameOf,
  hostNameProblem,
  newSuggestions,
} from "../../../lib/web/state/host_form.ts";
import { host } from "../helpers/shown_hosts.ts";

for (
  const [text, address, name] of [
    ["box", "ssh://box", "box"],
    [" me@box ", "ssh://me@box", "box"],
    ["me@box.example.org:2222", "ssh://me@box.example.org:2222", "box.example.org"],
    ["ssh://me@box:22", "ssh://me@box:22", "box"],
    ["ssh://[fe80::1]:22", "ssh://[fe80::1]:22", ""],
    ["", "", ""],
  ] as const
) {
  Deno.test(`an address may be written as for ssh: ${JSON.stringify(text)}`, () => {
    assertEquals([hostAddress(text), hostNameOf(text)], [address, name]);
  });
}

Deno.test("addHostParams() needs an address, and a name where the address has none", () => {
  assertEquals(addHostParams("me@box", ""), { name: "box", address: "ssh://me@box" });
  assertEquals(addHostParams("me@box", " lab "), { name: "lab", address: "ssh://me@box" });
  assertEquals([addHostParams("", "lab"), addHostParams("[::1]", "")], [undefined, undefined]);
});

Deno.test("hostNameProblem() tells names that are taken or cannot be", () => {
  assertEquals([hostNameProblem("", []), hostNameProblem("lab-2", [host("lab")])], [undefined, undefined]);
  assertMatch(hostNameProblem("lab", [host("lab")])!, /already/);
  assertMatch(hostNameProblem("a b", [])!, /letter/);
});

Deno.test("newSuggestions() leaves out hosts that were added", () => {
  const added = [host("attic"), host("x", { address: "ssh://me@box" }), host("linked", { line: "link" })];
  assertEquals(newSuggestions(["attic", "box", "lab"], added), ["lab"]);
});

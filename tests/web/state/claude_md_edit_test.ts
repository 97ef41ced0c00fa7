import { assertEquals } from "@std/assert";
import type { ClaudeMd } from "../../../lib/projects/types.ts";
import {
  beginEdit,
  isChanged,
  keepMine,
  readKept,
  sizeOf,
  takeFile,
  takeOther,
  takeSaved,
  toKept,
} from "../../../lib/web/state/claude_md_edit.ts";

/** A file whose digest is its content. */
function file(content: string): ClaudeMd {
  return { exists: true, content, sha256: `digest of ${content}`, size: content.length, restart_hint: false };
}

Deno.test("beginEdit() begins with the file, and has nothing to keep", () => {
  const edit = beginEdit(file("one"), undefined);
  assertEquals([edit.text, isChanged(edit), toKept(edit)], ["one", false, ""]);
});

Deno.test("beginEdit() goes on with a draft of the same file", () => {
  const before = { ...beginEdit(file("one"), undefined), text: "mine" };
  const edit = beginEdit(file("one"), readKept(toKept(before)));
  assertEquals([edit.text, edit.other, isChanged(edit)], ["mine", undefined, true]);
});

Deno.test("beginEdit() shows both versions if the file has changed since the draft was written", () => {
  const before = { ...beginEdit(file("one"), undefined), text: "mine" };
  const edit = beginEdit(file("two"), readKept(toKept(before)));
  assertEquals([edit.text, edit.other?.content], ["mine", "two"]);
});

Deno.test("beginEdit() forgets a draft that says what the file says", () => {
  const edit = beginEdit(file("mine"), { sha256: "another", text: "mine" });
  assertEquals([isChanged(edit), toKept(edit)], [false, ""]);
});

Deno.test("readKept() ignores what is no draft", () => {
  assertEquals([readKept(""), readKept("{")], [undefined, undefined]);
});

Deno.test("takeFile() follows a file while nothing was typed", () => {
  assertEquals(takeFile(beginEdit(file("one"), undefined), file("two")), { base: file("two"), text: "two" });
});

Deno.test("takeFile() keeps what was typed, and what somebody else has written", () => {
  const edit = takeFile({ base: file("one"), text: "mine" }, file("two"));
  assertEquals([edit.base.content, edit.text, edit.other?.content], ["one", "mine", "two"]);
});

Deno.test("takeFile() leaves an edit alone if the file is the same", () => {
  const edit = { base: file("one"), text: "mine" };
  assertEquals(takeFile(edit, file("one")), edit);
});

Deno.test("takeFile() takes in that agents need a restart", () => {
  const edit = takeFile({ base: file("one"), text: "mine" }, { ...file("one"), restart_hint: true });
  assertEquals([edit.base.restart_hint, edit.text], [true, "mine"]);
});

Deno.test("takeFile() ends a conflict when somebody else has written the same", () => {
  const edit = takeFile({ base: file("one"), text: "mine" }, file("mine"));
  assertEquals([isChanged(edit), edit.other], [false, undefined]);
});

Deno.test("keepMine() bases what was typed on the newer file", () => {
  const edit = keepMine({ base: file("one"), text: "mine", other: file("two") });
  assertEquals([edit.base.sha256, edit.text, edit.other], ["digest of two", "mine", undefined]);
});

Deno.test("takeOther() drops what was typed", () => {
  const edit = takeOther({ base: file("one"), text: "mine", other: file("two") });
  assertEquals([edit.text, isChanged(edit)], ["two", false]);
});

Deno.test("takeSaved() keeps what was typed while it was being saved", () => {
  const edit = takeSaved({ base: file("one"), text: "mine and more" }, file("mine"));
  assertEquals([edit.base.content, edit.text, isChanged(edit)], ["mine", "mine and more", true]);
});

Deno.test("sizeOf() counts bytes", () => {
  assertEquals(sizeOf("aé🙂"), 7);
});

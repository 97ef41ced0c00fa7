import { assertEquals, assertThrows } from "@std/assert";
import { DetachKey, parseDetachKey } from "../../lib/cli/detach_key.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const find = (key: DetachKey, typed: string) => key.find(new TextEncoder().encode(typed));

Deno.test("parseDetachKey() takes ctrl with a letter or a sign, and ctrl-\\ by default", () => {
  assertEquals(parseDetachKey().name, "ctrl-\\");
  for (const text of ["ctrl-x", "Ctrl-X", "c-x", "^X"]) assertEquals(parseDetachKey(text).name, "ctrl-x");
  for (const text of ["ctrl-@", "ctrl-]", "ctrl-^", "ctrl-_"]) assertEquals(parseDetachKey(text).name, text);
  for (const text of ["", "x", "ctrl-", "ctrl-xy", "ctrl-1", "ctrl-m", "ctrl-[", "ctrl-p,ctrl-q"]) {
    assertThrows(() => parseDetachKey(text), UsageError, `--detach-keys takes a key like ctrl-x, not "${text}"`);
  }
});

Deno.test("DetachKey finds its byte, wherever it is typed", () => {
  const key = new DetachKey("\\");
  assertEquals(find(key, "\x1c"), 0);
  assertEquals(find(key, "abc\x1cd"), 3);
  assertEquals(find(key, "\\ctrl"), undefined);
  assertEquals(find(new DetachKey("x"), "é\x18"), 2);
});

Deno.test("DetachKey finds the forms of keyboards that programs have asked for", () => {
  const key = new DetachKey("\\");
  // Kitty's form, with caps lock, as it is pressed and repeated; and that of xterm.
  for (
    const form of ["\x1b[92;5u", "\x1b[92;69u", "\x1b[92:124;5:1u", "\x1b[92;5:2u", "\x1b[92;5;28u", "\x1b[27;5;92~"]
  ) {
    assertEquals(find(key, `a${form}b`), 1, form);
  }
  // Let go, with other modifiers, and another key.
  for (const form of ["\x1b[92;5:3u", "\x1b[92;6u", "\x1b[92u", "\x1b[93;5u", "\x1b[27;6;92~"]) {
    assertEquals(find(key, form), undefined, form);
  }
});

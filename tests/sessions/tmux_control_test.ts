import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type ControlLimits,
  type ControlMessage,
  ControlParser,
  decodeOctal,
  keysCommand,
  paneSize,
} from "../../lib/sessions/tmux_control.ts";
import { concat } from "../../lib/system/io.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Parses text that comes in one piece. */
function parse(text: string, limits?: ControlLimits): ControlMessage[] {
  return new ControlParser(limits).push(ENCODER.encode(text));
}

/** Parses pieces, and joins what the program in a pane has printed. */
function printed(pieces: readonly Uint8Array[], pane = "%0"): Uint8Array {
  const parser = new ControlParser();
  const messages = pieces.flatMap((piece) => parser.push(piece));
  return concat(messages.flatMap((one) => one.kind === "output" && one.pane === pane ? [one.bytes] : []));
}

/** Writes bytes as tmux does; others than those that it has to escape, too, where a flag says so. */
function encodeOctal(bytes: Uint8Array, isEscaped: (i: number) => boolean = () => false): Uint8Array {
  const parts = [...bytes].map((byte, i) =>
    byte < 0x20 || byte === 0x5c || isEscaped(i)
      ? ENCODER.encode(`\\${byte.toString(8).padStart(3, "0")}`)
      : Uint8Array.of(byte)
  );
  return concat(parts);
}

/** The lines of a reply as text. */
function textOf(message: ControlMessage | undefined): string[] {
  if (message?.kind !== "reply") throw new Error("no reply");
  return message.lines.map((line) => DECODER.decode(line));
}

Deno.test("ControlParser decodes all 256 bytes of output, wherever the text is split", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = concat([ENCODER.encode("%output %0 "), encodeOctal(all), ENCODER.encode("\n")]);
  for (let at = 0; at <= text.length; at++) {
    assertEquals(printed([text.subarray(0, at), text.subarray(at)]), all, `split at ${at}`);
  }
});

Deno.test("ControlParser decodes random output in random pieces", () => {
  const lines = fc.array(fc.record({
    bytes: fc.uint8Array({ maxLength: 60 }),
    escapes: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    isExtended: fc.boolean(),
    noise: fc.constantFrom("", "%window-renamed @0 a b\n", "%unknown\n", "no notification\n", "\n", "%\n"),
  }));
  fc.assert(fc.property(lines, fc.array(fc.nat(30)), (lines, cuts) => {
    const text = concat(lines.flatMap(({ bytes, escapes, isExtended, noise }) => [
      ENCODER.encode(`${noise}${isExtended ? "%extended-output %0 17 : " : "%output %0 "}`),
      encodeOctal(bytes, (i) => escapes[i]!),
      ENCODER.encode("\n"),
    ]));
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const cut of cuts) pieces.push(text.subarray(at, at += cut));
    assertEquals(printed([...pieces, text.subarray(at)]), concat(lines.map(({ bytes }) => bytes)));
  }));
});

Deno.test("ControlParser takes any bytes, and understands what follows them", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array()), (garbage) => {
    const parser = new ControlParser();
    for (const piece of garbage) parser.push(piece);
    const messages = parser.push(ENCODER.encode("\n%output %9 fine\n"));
    assertEquals(messages.at(-1), { kind: "output", pane: "%9", bytes: ENCODER.encode("fine") });
  }));
});

Deno.test("decodeOctal() leaves a backslash without three octal digits of a byte", () => {
  for (const text of ["\\", "\\1", "\\12", "\\128", "\\ 12", "\\777", "\\400", "a\\", "\\x41"]) {
    assertEquals(DECODER.decode(decodeOctal(ENCODER.encode(text))), text);
  }
  assertEquals(DECODER.decode(decodeOctal(ENCODER.encode("\\134\\1341\\101"))), "\\\\1A");
});

Deno.test("ControlParser reads a reply with its lines, and whether it is an error of its own command", () => {
  const [hook, own, failed, ...others] = parse(
    "%begin 17 3 0\n%end 17 3 0\n%begin 17 4 1\none\n\n two \n%end 17 4 1\n%begin 17 5 1\nno\n%error 17 5 1\n",
  );
  assertEquals(hook, { kind: "reply", isOwn: false, isError: false, lines: [] });
  assertEquals(textOf(own), ["one", "", " two "]);
  assertEquals(failed, { kind: "reply", isOwn: true, isError: true, lines: [ENCODER.encode("no")] });
  assertEquals(others, []);
});

Deno.test("ControlParser takes nothing inside of a reply for a message, and only its own guard for its end", () => {
  const lines = [
    "%end 17 3 1",
    "%end 17 4 0",
    "%error 17 44 1",
    "%output %0 x",
    "%exit",
    "%begin 1 2 1",
    "%end 17 4 1 ",
  ];
  const messages = parse(`%begin 17 4 1\n${lines.join("\n")}\n%end 17 4 1\n%output %0 y\n`);
  assertEquals(textOf(messages[0]), lines);
  assertEquals(messages.slice(1).map(({ kind }) => kind), ["output"]);
});

Deno.test("ControlParser reads pauses, layouts and the end", () => {
  const text = "%pause %3\n%layout-change @1 aa9d,71x22,0,0,0 bb9d,70x20,0,0,0 *Z\n%exit too far behind\n%exit\n";
  assertEquals(parse(text), [
    { kind: "pause", pane: "%3" },
    { kind: "layout", window: "@1", layout: "bb9d,70x20,0,0,0" },
    { kind: "exit", reason: "too far behind" },
    { kind: "exit", reason: "" },
  ]);
});

Deno.test("ControlParser ignores messages that it does not know, and those that are cut", () => {
  const lines = [
    ...["%continue %0", "%session-changed $0 a", "%sessions-changed", "%window-pane-changed @0 %1", "%message hi"],
    ...["%pane-mode-changed %0", "%", "", "hello", "%begin", "%begin 1 x 1", "%end 1 2 1", "%output", "%output %0"],
    ...["%extended-output %0 12", "%outputs %0 x"],
  ];
  assertEquals(parse(`${lines.join("\n")}\n`), []);
});

Deno.test("ControlParser keeps lines and replies up to a limit", () => {
  const text = `%output %0 ${"x".repeat(90)}\n%output %0 ok\n`;
  assertEquals(parse(text, { lineBytes: 100 }), [
    { kind: "output", pane: "%0", bytes: ENCODER.encode("ok") },
  ]);
  const long = `%begin 1 2 1\n${"y".repeat(101)}\naaaa\nbbbb\ncccc\n%end 1 2 1\n`;
  assertEquals(textOf(parse(long, { lineBytes: 100, replyBytes: 10 })[0]), ["bbbb", "cccc"]);
});

Deno.test("paneSize() finds a pane among others", () => {
  const layout = "1b30,166x22,0,0{66x22,0,0,0,99x22,67,0[99x11,67,0,12,99x10,67,12,2]}";
  assertEquals(paneSize(layout, "%0"), { columns: 66, rows: 22 });
  assertEquals(paneSize(layout, "%12"), { columns: 99, rows: 11 });
  assertEquals(paneSize(layout, "%2"), { columns: 99, rows: 10 });
  for (const other of ["%1", "%22", "%67", "0", ""]) assertEquals(paneSize(layout, other), undefined);
  assertEquals(paneSize("garbage", "%0"), undefined);
});

Deno.test("keysCommand() names each byte in hexadecimal, so that none can be a command", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
    const command = keysCommand("%7", bytes);
    assert(/^send-keys -t %7 -H( [0-9a-f]{2})+$/.test(command), command);
    const words = command.split(" ").slice(4);
    assertEquals(Uint8Array.from(words, (word) => parseInt(word, 16)), bytes);
  }));
});

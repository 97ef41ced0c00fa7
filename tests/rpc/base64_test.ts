import { assertEquals, assertThrows } from "@std/assert";
import { decodeBase64 } from "../../lib/rpc/base64.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("decodeBase64() accepts padding, line breaks anywhere and any trailing bits", () => {
  assertEquals(text(decodeBase64("")), "");
  assertEquals(text(decodeBase64("aGk=")), "hi");
  assertEquals(text(decodeBase64("aGl=")), "hi");
  assertEquals(text(decodeBase64("\na\rGk\r\n=\n")), "hi");
  assertEquals([...decodeBase64("+/+/")], [0xfb, 0xff, 0xbf]);
});

for (
  const bad of ["a", "aG", "aGk", "aGk=a", "aGk= ", " aGk=", "aG-_", "====", "=aGk", "aGk==", "aG=k", "é", "aGk\t="]
) {
  Deno.test(`decodeBase64() refuses ${JSON.stringify(bad)}`, () => {
    assertThrows(() => decodeBase64(bad), SyntaxError);
  });
}

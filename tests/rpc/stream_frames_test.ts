import { assert, assertEquals } from "@std/assert";
import { wireFrameCodec } from "../../lib/rpc/stream_frames.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("wireFrameCodec() encodes data of any size within maxDataSize()", () => {
  for (const id of ["p", "é<\u2028\n", "x".repeat(5_000)]) {
    const codec = wireFrameCodec({ id });
    for (const size of [0, 1, 2, 3, 4, 1023, 1024, 1025, 1026, 32 << 10]) {
      for (const seq of [1, Number.MAX_SAFE_INTEGER]) {
        const data = new Uint8Array(size).map((_, i) => i * 7);
        const target = new Uint8Array(codec.maxDataSize(size));
        const text = decode(target.subarray(0, codec.encodeData(target, "stderr", seq, data)));
        assert(text.endsWith('"}\n'));
        assertEquals(JSON.parse(text), {
          type: "stream",
          processId: id,
          stream: "stderr",
          seq,
          data: data.toBase64(),
        });
      }
    }
  }
});

Deno.test("wireFrameCodec() encodes the exact bytes of the contract", () => {
  const codec = wireFrameCodec({ id: "<p>" });
  const target = new Uint8Array(200);
  const size = codec.encodeData(target, "stdout", 7, new TextEncoder().encode("hi\n"));
  assertEquals(
    decode(target.subarray(0, size)),
    '{"type":"stream","processId":"\\u003cp\\u003e","stream":"stdout","seq":7,"data":"aGkK"}\n',
  );
  assertEquals(
    decode(codec.encodeExit(8, { code: -1 })),
    '{"type":"stream","processId":"\\u003cp\\u003e","stream":"exit","seq":8,"exitCode":-1}\n',
  );
});

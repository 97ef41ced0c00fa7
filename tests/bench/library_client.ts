/**
 * A program that measures the client of the library: `SOCKET TOKEN calls N` or `SOCKET TOKEN stream BYTES`.
 *
 * @module
 */

import { connect } from "../../lib/client/connect.ts";

const [socket = "", token = "", what, amount] = Deno.args;
const count = Number(amount);
await using client = await connect({ socket, token });
const start = performance.now();
if (what === "calls") {
  await Promise.all(Array.from({ length: count }, () => client.call("server.ping")));
  console.log(JSON.stringify({ perSecond: count / (performance.now() - start) * 1000 }));
} else {
  const child = await client.spawn({ command: "head", args: ["-c", String(count), "/dev/zero"] });
  let bytes = 0;
  for await (const piece of child.stdout) bytes += piece.length;
  console.log(JSON.stringify({ megabytesPerSecond: bytes / 1e3 / (performance.now() - start) }));
}

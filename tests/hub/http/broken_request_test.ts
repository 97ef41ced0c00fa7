import { assertEquals, assertMatch } from "@std/assert";
import { type HubProcess, startHubProcess } from "../../helpers/hub_process.ts";

/** Sends a text, ends the output, and returns everything that comes back. */
async function exchange({ port }: HubProcess, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  await connection.closeWrite();
  return await new Response(connection.readable).text();
}

Deno.test("the hub refuses a body that ends too early, and logs nothing", async () => {
  await using hub = await startHubProcess();
  const head = "POST /api/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  for (const rest of ["Content-Length: 9\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"]) {
    assertMatch(await exchange(hub, `${head}${rest}`), /^HTTP\/1\.1 400 [^]*"the body ended too early"/);
  }
  assertEquals([await hub.stop(), hub.log()], [0, ""]);
});

import { assertEquals, assertRejects } from "@std/assert";
import { HubProblem, reach } from "../../../lib/web/api/client.ts";

/** A server that answers each request with these bytes, and hangs up. */
function serverOf(answer: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      using open = connection;
      await open.read(new Uint8Array(4096));
      await open.write(new TextEncoder().encode(answer));
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("reach() returns the body with the response", async () => {
  await using server = serverOf("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
  const { response, text } = await reach(server.url, {});
  assertEquals([response.status, text], [200, "{}"]);
});

Deno.test("reach() says that the hub cannot be reached when the answer is cut off", async () => {
  await using server = serverOf('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":');
  const problem = await assertRejects(() => reach(server.url, {}), HubProblem, "cannot be reached");
  assertEquals(problem.status, 0);
});

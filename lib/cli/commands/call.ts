import { RpcCallError } from "../../client/errors.ts";
import { defaultSocket } from "../../system/paths.ts";
import { defineCommand, SOCKET_FLAG } from "../command.ts";
import { connectToDaemon } from "../daemon_client.ts";
import { UsageError } from "../usage_error.ts";
import { print, printMessage } from "../print.ts";

export default defineCommand({
  usage: "call METHOD [JSON] [--socket PATH] [--json]",
  about: "Calls a method of the daemon with JSON params and prints its result.",
  flags: { ...SOCKET_FLAG, json: { kind: "boolean", help: "print the result on one line" } },
  exitCodes: "0 success, 1 error reply or daemon not reachable, 2 wrong arguments",
  examples: ["claustrum call server.version", `claustrum call files.stat '{"path":"/etc"}'`],
  arity: { least: 1, most: 2 },
  completes: "methods",
  async run({ flags: { socket = defaultSocket(), json }, args: [method = "", text] }) {
    const params = text === undefined ? undefined : parse(text);
    await using client = await connectToDaemon(socket);
    try {
      const result = await client.request(method, params);
      const isPretty = !json && Deno.stdout.isTerminal();
      if (result !== undefined) print(JSON.stringify(result, null, isPretty ? 2 : 0));
      return 0;
    } catch (error) {
      if (!(error instanceof RpcCallError)) throw error;
      printMessage(`${method}: ${error.message} (${error.code})`);
      return 1;
    }
  },
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`the params are not valid JSON: ${error.message}`);
    throw error;
  }
}

/**
 * claustrum with a question added: once its own socket is there, may this process dial TCP? The
 * answer goes to a file beside the socket.
 *
 * @module
 */

import { main } from "../../cli.ts";
import { isThere } from "../../lib/system/private_files.ts";

async function tryToDial(directory: string, port: number): Promise<void> {
  while (!await isThere(`${directory}/daemon.token`)) await new Promise((resolve) => setTimeout(resolve, 5));
  let answer = "dialled";
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  } catch (error) {
    answer = (error as Error).name;
  }
  await Deno.writeTextFile(`${directory}/answer`, answer);
}

if (Deno.env.has("CLAUSTRUM_DAEMON_CHILD")) {
  void tryToDial(Deno.env.get("PROBE_DIRECTORY")!, Number(Deno.env.get("PROBE_PORT")));
}
Deno.exit(await main(Deno.args));

/**
 * claustrum with an addition: once the daemon serves, it tries to connect to a TCP port, and writes the outcome to the
 * file `answer` beside the socket. It shows whether the daemon still has the permission to connect.
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

import { isThere } from "../../lib/system/private_files.ts";
import { waitFor } from "./wait.ts";

/** Creates a socket on which no process listens any more. */
export async function makeDeadSocket(path: string): Promise<void> {
  const listener = new Deno.Command("socat", { args: [`UNIX-LISTEN:${path}`, "STDOUT"], stdin: "null" }).spawn();
  await waitFor("the socket", () => isThere(path));
  listener.kill("SIGKILL");
  await listener.status;
}

import { assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { soon, waitFor } from "../helpers/wait.ts";

Deno.test("RemoteProcess.stdin waits for a daemon that refuses bytes when its queue is full", async () => {
  await using daemon = await startDaemon({ flags: ["--contract", "next"] });
  await using client = await connect({ socket: daemon.socket });
  const go = `${daemon.directory}/go`;
  const script = `while [ ! -e ${go} ]; do sleep 0.02; done; cksum`;
  const process = await client.spawn({ command: "sh", args: ["-c", script] });
  const text = new Response(process.stdout).text();
  const bytes = new Uint8Array(20 << 20);
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = at / 4096 % 251;
  const writer = process.stdin.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  await waitFor("the full queue", () => daemon.log().includes("stdin backpressure: queue full"));
  await Deno.writeTextFile(go, "");
  await soon("the end of the writing", written);
  const cksum = new Deno.Command("cksum", { stdin: "piped", stdout: "piped" }).spawn();
  const local = cksum.stdin.getWriter();
  await local.write(bytes);
  await local.close();
  assertEquals(await text, new TextDecoder().decode((await cksum.output()).stdout));
});

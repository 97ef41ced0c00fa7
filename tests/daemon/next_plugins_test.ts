import { assertEquals } from "@std/assert";
import { isThere } from "../../lib/system/private_files.ts";
import { claustrum } from "../helpers/command.ts";
import { LineClient } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const [OLD, LIVE] = ["0123456789abcdef", "1123456789abcdef"];

/** A daemon with only the permissions that it needs, which is one of several installations. */
async function installation(base: string, id: string) {
  const socket = `${base}/run/${id}/rpc.sock`;
  await Deno.mkdir(`${base}/run/${id}`, { recursive: true, mode: 0o700 });
  await claustrum(base, ["-serve", "-socket", socket, "-token-fd", "0", "-contract", "next"], { stdin: "t" });
  const { pid } = JSON.parse(await Deno.readTextFile(`${base}/run/${id}/daemon.lock`));
  return {
    pid: Number(pid),
    connect: () => LineClient.connect(socket, "t"),
    [Symbol.asyncDispose]: async () => void await claustrum(base, ["-stop", "-socket", socket]),
  };
}

async function plugin(directory: string, name: string): Promise<void> {
  await Deno.mkdir(`${directory}/${name}`, { recursive: true });
  await Deno.utime(`${directory}/${name}`, 0, 0);
}

Deno.test("next: plugins.prune spares what processes use, and the shared plugins while another daemon runs", async () => {
  await using directory = await tempDir();
  const base = directory.path;
  await using mine = await installation(base, "a");
  await using other = await installation(base, "b");
  for (const name of [OLD, LIVE]) await plugin(`${base}/plugins/a`, name);
  await plugin(`${base}/plugins`, OLD);
  using client = await mine.connect();
  const args = ["-c", "exec sleep 1000", `/x/${LIVE}/y`];
  await client.call("process.spawn", { id: "p", command: "sh", args });
  const { result } = await client.call("plugins.prune", { minAgeDays: 30, keep: 3 });
  assertEquals(result, {
    root: `${base}/plugins/a`,
    pruned: [OLD],
    prunedLegacy: [],
    staleArchives: 0,
    kept: 0,
    live: 1,
    young: 0,
    legacy: "skipped: another install's daemon is running (run/b/rpc.sock answers); " +
      "its sessions may use the shared legacy dirs",
    minAgeDays: 30,
  });
  // A daemon that was killed leaves its socket behind.
  Deno.kill(other.pid, "SIGKILL");
  await waitFor("its end", () => !isAlive(other.pid));
  assertEquals(await isThere(`${base}/run/b/rpc.sock`), true);
  const after = await client.call("plugins.prune");
  assertEquals([after.result?.["legacy"], after.result?.["prunedLegacy"]], ["swept", [OLD]]);
});

Deno.test("next: plugins.prune does not take the socket of a foreign daemon for a dead one", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using directory = await tempDir();
  const base = directory.path;
  await using mine = await installation(base, "a");
  await Deno.mkdir(`${base}/run/b`);
  await plugin(`${base}/plugins`, OLD);
  using client = await mine.connect();
  const legacy = async () => String((await client.call("plugins.prune", {})).result?.["legacy"]).slice(0, 7);
  const listener = Deno.listen({ transport: "unix", path: `${base}/run/b/rpc.sock` });
  try {
    assertEquals([await legacy(), await isThere(`${base}/plugins/${OLD}`)], ["skipped", true]);
  } finally {
    listener.close();
  }
  assertEquals([await legacy(), await isThere(`${base}/plugins/${OLD}`)], ["swept", false]);
});

import { assert, assertEquals } from "@std/assert";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { seededRandom } from "../helpers/random.ts";
import { head, rawServer, send } from "../helpers/raw_server.ts";
import { tempDir } from "../helpers/temp.ts";

const KILLS = 30;
const OLD = fakeCli("old");
const NEW = fakeCli("new", 3_000_000);
/** Longer than an install of this CLI takes, in milliseconds. */
const MOST_MS = 120;

/** Starts an install and kills it. */
async function killedInstall(home: string, args: readonly string[], afterMs: number): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", CLI, "-install", ...args],
    env: plainEnvironment(home),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  const timer = setTimeout(() => {
    try {
      if (!hasEnded) child.kill("SIGKILL");
    } catch (error) {
      // It has already ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }, afterMs);
  await child.status;
  hasEnded = true;
  clearTimeout(timer);
}

Deno.test("install() leaves the old or the new CLI when it is killed at any moment, and the next install succeeds", async () => {
  await using home = await tempDir();
  const cliDir = `${home.path}/cli`;
  const zst = `${home.path}/cli.zst`;
  const blob = await zstd(NEW, ["-1"]);
  const sum = await sha256(blob);
  await using server = rawServer(async (conn) => {
    await send(conn, head(200, { "content-length": blob.length }));
    await send(conn, blob);
  });
  const random = seededRandom(4);
  const broken = new TextEncoder().encode("#!/bin/sh\nexit 1\n");
  for (let i = 0; i < KILLS; i++) {
    // A CLI that does not run is in place, so that each run must install one.
    await Deno.mkdir(cliDir, { recursive: true });
    await Deno.writeFile(`${cliDir}/1.0`, broken, { mode: 0o755 });
    await Deno.writeFile(zst, blob);
    const source = i % 2 === 0 ? ["-cli-zst", zst] : ["-cli-url", server.url, "-cli-checksum", sum];
    const args = ["-cli-dir", cliDir, "-cli-version", "1.0", ...source];
    await killedInstall(home.path, args, random() * MOST_MS);
    const left = await Deno.readFile(`${cliDir}/1.0`);
    assert(left.length === broken.length || left.length === NEW.length, `${left.length} bytes after kill ${i}`);
    await Deno.writeFile(zst, blob);
    const { stdout } = await claustrum(home.path, ["-install", ...args]);
    assert(!stdout.includes("cliError"), stdout);
    assertEquals((await Deno.readFile(`${cliDir}/1.0`)).length, NEW.length);
  }
  // An install that finds the CLI in place sweeps nothing; the next one that installs does.
  for (const name of namesIn(cliDir)) if (name.startsWith(".")) await Deno.utime(`${cliDir}/${name}`, 0, 0);
  await Deno.writeFile(zst, await zstd(OLD));
  await claustrum(home.path, ["-install", "-cli-dir", cliDir, "-cli-version", "0.9", "-cli-zst", zst]);
  assertEquals(namesIn(cliDir), ["0.9", "1.0"]);
});

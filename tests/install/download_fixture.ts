import { assert, assertEquals } from "@std/assert";
import { install, type InstallOptions, type InstallProgress } from "../../lib/install/mod.ts";
import { fakeCli, namesIn, sha256, zstd } from "../helpers/cli_blob.ts";
import { type RawAnswer, rawServer, send } from "../helpers/raw_server.ts";
import { tempDir } from "../helpers/temp.ts";

/** What is installed. */
export const CLI = fakeCli("1.0", 400_000);

/** Installs the response of a server, and checks that no other file is left and that no text contains the URL. */
export async function installFrom(
  answer: RawAnswer,
  options: Partial<InstallOptions> & { sum?: string; at?: string } = {},
  port = 0,
) {
  await using directory = await tempDir();
  await using server = rawServer(answer, port);
  const { sum = "", at = "/cli.zst?signature=secret", onProgress = () => {}, ...more } = options;
  const progress: InstallProgress[] = [];
  const [cliDir, tmp] = [`${directory.path}/cli`, `${directory.path}/tmp`];
  for (const path of [cliDir, tmp]) await Deno.mkdir(path);
  try {
    const facts = await install({
      cliDir,
      cliVersion: "1.0",
      source: { url: server.url + at, sha256: sum },
      env: { HOME: "/nonexistent", TMPDIR: tmp },
      onProgress: (step) => {
        progress.push(step);
        onProgress(step);
      },
      ...more,
    });
    if (facts.cliError === undefined) {
      assertEquals((await Deno.readFile(facts.cliPath)).length, CLI.length);
      await Deno.remove(facts.cliPath);
    }
    assert(!JSON.stringify(facts).includes("secret"));
    return { facts, error: facts.cliError, progress, requests: server.requests };
  } finally {
    for (const path of [cliDir, tmp]) assertEquals(namesIn(path), []);
  }
}

/** At least one of them is free on any machine. */
const AVOIDED_PORTS = [6666, 6667, 6668, 6669, 6665, 10080];

/** Returns a port that browsers and `fetch` block, and that is free now. */
export function avoidedPort(): number {
  for (const port of AVOIDED_PORTS) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("none of the ports is free");
}

/** Returns a download as it should be, and its checksum. */
export async function goodBlob() {
  const blob = await zstd(CLI, ["-1"]);
  return { blob, sum: await sha256(blob) };
}

/** Sends a text, then nothing until the client closes. */
export function stalling(start: string | Uint8Array, onSent = () => {}): RawAnswer {
  return async (conn) => {
    await send(conn, start);
    onSent();
    await conn.read(new Uint8Array(1));
  };
}

/**
 * Records trust while another program changes the same file all the time, without a lock.
 * `deno task trust-rounds [ROUNDS]`
 *
 * @module
 */

import { trust } from "../../lib/claude_home/trust.ts";
import { tempDir } from "../helpers/temp.ts";

const WRITER = new URL("../programs/config_writer.ts", import.meta.url).pathname;

/** How long to wait before trust is recorded again, in milliseconds. */
const PAUSE_MS = 20;

/** What came of it. */
export interface TrustRounds {
  /** How often trust was recorded. */
  readonly writes: number;
  /** How often the file was read and could not be parsed. */
  readonly unparsable: number;
  /** The keys that the other program has written and that are gone. */
  readonly lost: readonly string[];
  /** Whether the other program could read the file all the time. */
  readonly isWriterContent: boolean;
}

/** Runs both programs until the other one has changed the file a number of times. */
export async function trustRounds(rounds: number): Promise<TrustRounds> {
  await using home = await tempDir();
  const config = `${home.path}/.claude.json`;
  await Deno.writeTextFile(config, "{}");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--allow-read", "--allow-write", WRITER, config, String(rounds)],
    stderr: "inherit",
  }).spawn();
  let [isRunning, writes, unparsable] = [true, 0, 0];
  const ended = child.status.then(({ success }) => {
    isRunning = false;
    return success;
  });
  while (isRunning) {
    await trust(home.path, `${home.path}/project${writes++ % 50}`);
    if (!parses(await Deno.readTextFile(config))) unparsable++;
    // Between the last look at the file and its replacement are microseconds, in which no program can keep another one
    // from changing it. People do not trust directories all the time either.
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const text = await Deno.readTextFile(config);
  const keys = new Set(Object.keys(JSON.parse(text)));
  const all = Array.from({ length: rounds }, (_, i) => `key${i}`);
  return {
    writes,
    unparsable,
    lost: all.filter((key) => !keys.has(key)),
    isWriterContent: await ended,
  };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

if (import.meta.main) {
  const result = await trustRounds(Number(Deno.args[0] ?? 10_000));
  console.log({ ...result, lost: result.lost.length });
  if (result.unparsable > 0 || result.lost.length > 0 || !result.isWriterContent) Deno.exit(1);
}

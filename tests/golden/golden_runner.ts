import { GENERATION_NAMES, type GenerationName } from "../../lib/contract/generation.ts";
import { startDaemon, type TestDaemon } from "../helpers/daemon.ts";
import { soon } from "../helpers/wait.ts";
import { makeFixtures } from "./fixtures.ts";
import type { GoldenCase } from "./golden_file.ts";

/** The directory of the golden files. */
export const GOLDEN_DIR = new URL("../../testdata/golden/", import.meta.url);

/** A golden file, and the generation of the contract that it holds for. */
export interface GoldenFile {
  /** Its name below {@linkcode GOLDEN_DIR}. */
  readonly name: string;
  readonly contract: GenerationName;
}

/** The directories of the generations. */
const DIRECTORIES: Readonly<Record<GenerationName, string>> = { seed: "", next: "next/" };
/** The files of the first generation that hold for the newest one, too. */
const SHARED = ["escapes.golden", "framing.golden"];

/** Returns the golden files of all generations. */
export function goldenFiles(): GoldenFile[] {
  const own = GENERATION_NAMES.flatMap((contract) => {
    const directory = DIRECTORIES[contract];
    const names = [...Deno.readDirSync(new URL(directory, GOLDEN_DIR))].map(({ name }) => name);
    return names.filter((name) => name.endsWith(".golden")).sort()
      .map((name) => ({ name: directory + name, contract }));
  });
  return [...own, ...SHARED.map((name) => ({ name, contract: "next" } as const))];
}

/** Disables the user's own git configuration. */
const GIT_ISOLATION = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

/** Starts a daemon with the files that the golden files refer to. */
export async function startGoldenDaemon(served: GenerationName): Promise<TestDaemon> {
  const flags = ["--contract", served];
  const daemon = await startDaemon({ token: "secret", cwd: "/", env: GIT_ISOLATION, flags });
  await makeFixtures(`${daemon.directory}/fix`);
  return daemon;
}

const ENCODER = new TextEncoder();

/** Returns the bytes that a text of a golden file represents. */
export function expand(text: string, directory: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const piece of text.split(/(\{\{[^}]*\}\})/)) {
    const name = /^\{\{(.*)\}\}$/.exec(piece)?.[1];
    pieces.push(name === undefined ? ENCODER.encode(piece) : expandName(name, directory));
  }
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

function expandName(name: string, directory: string): Uint8Array {
  if (name === "auth") return ENCODER.encode('"jsonrpc":"2.0","auth":"secret"');
  if (name === "tmp") return ENCODER.encode(`${directory}/fix`);
  const repeated = /^(\d+) x (.+)$/.exec(name);
  if (repeated !== null) return ENCODER.encode(repeated[2]!.repeat(Number(repeated[1])));
  return Uint8Array.from(name.split(" "), (byte) => parseInt(byte, 16));
}

/** Converts received lines to the text of a golden file; values that differ between runs become names. */
export function normalize(text: string, directory: string): string {
  const workOutput = new TextEncoder().encode(`${directory}/fix/work\n[][1][][é]\n1\n`).toBase64();
  return text.replaceAll(`${directory}/fix`, "{{tmp}}").replaceAll(directory, "{{home}}")
    .replace(/(?<!n)n{300}(?!n)/, "{{300 x n}}")
    .replaceAll(workOutput, "{{work-output}}")
    .replace(/"version":"[^"]*"/, '"version":"{{version}}"')
    .replace(/"instanceId":"[0-9a-f]{32}"/, '"instanceId":"{{instance}}"')
    .replace(/"startedAt":\d{13}\b/, '"startedAt":{{time}}')
    .replace(/"arch":"(amd64|arm64)"/, '"arch":"{{arch}}"')
    .replace("/usr/bin/true:", "{{bin}}/true:")
    .replace(/"pid":\d+/g, '"pid":{{pid}}')
    .replaceAll("n".repeat(262_144), "{{262144 x n}}")
    .replace(/"isDir":true,"size":\d+/g, '"isDir":true,"size":{{size}}')
    .replace(/detached:[0-9a-f]+/, "detached:{{commit}}")
    .replace(/"startTime":\d+(\.\d+)?/g, '"startTime":{{time}}');
}

/** Runs a case on a connection of its own; returns the received lines. */
export async function runCase(golden: GoldenCase, daemon: TestDaemon): Promise<string[]> {
  using conn = await Deno.connect({ transport: "unix", path: daemon.socket });
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let received = "";
  let wake = Promise.withResolvers<void>();
  const reading = (async () => {
    const buffer = new Uint8Array(1 << 16);
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) {
      received += decoder.decode(buffer.subarray(0, n), { stream: true });
      wake.resolve();
      wake = Promise.withResolvers();
    }
  })();
  for (const step of golden.steps) {
    if (step.kind === "until") {
      while (!normalize(received, daemon.directory).includes(step.text)) await soon(step.text, wake.promise);
    } else {
      await sendAll(conn, expand(step.text + (step.newline ? "\n" : ""), daemon.directory));
    }
  }
  await conn.closeWrite();
  await soon("the end of the connection", reading);
  return normalize(received, daemon.directory).split("\n").slice(0, -1);
}

async function sendAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  try {
    for (let done = 0; done < bytes.length;) done += await conn.write(bytes.subarray(done));
  } catch (error) {
    // The daemon may close the connection before it has read all of a line that is too long.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

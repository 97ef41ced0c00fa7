import { seededRandom } from "./random.ts";
import { tempDir } from "./temp.ts";

/** Returns a program that prints a version, like an agent CLI, with padding that hardly compresses. */
export function fakeCli(version: string, padding = 0): Uint8Array<ArrayBuffer> {
  const random = seededRandom(padding);
  const letters = Array.from({ length: padding }, () => String.fromCharCode(0x40 + random() * 0x3e));
  return new TextEncoder().encode(`#!/bin/sh\necho "${version}"\nexit 0\n#${letters.join("")}\n`);
}

/** Compresses bytes with the program `zstd`. */
export async function zstd(bytes: Uint8Array, flags: readonly string[] = []): Promise<Uint8Array<ArrayBuffer>> {
  await using directory = await tempDir();
  await Deno.writeFile(`${directory.path}/plain`, bytes);
  const args = [...flags, "-q", "-f", `${directory.path}/plain`, "-o", `${directory.path}/blob`];
  const { success, stderr } = await new Deno.Command("zstd", { args, stdin: "null" }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return await Deno.readFile(`${directory.path}/blob`);
}

/** Returns the SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Returns the names in a directory, sorted. */
export function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

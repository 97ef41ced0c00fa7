import { createHash } from "node:crypto";

/** Writes `SHA256SUMS` over files of a directory, as `sha256sum -c` reads it. */
export async function writeChecksums(directory: string, names: readonly string[]): Promise<void> {
  let lines = "";
  for (const name of [...names].sort()) {
    const hash = createHash("sha256");
    using file = await Deno.open(`${directory}/${name}`);
    for await (const chunk of file.readable) hash.update(chunk);
    lines += `${hash.digest("hex")}  ${name}\n`;
  }
  await Deno.writeTextFile(`${directory}/SHA256SUMS`, lines);
}

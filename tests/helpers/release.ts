import { CLI } from "./daemon.ts";

/**
 * Writes a small release: a launcher that runs the sources, and some bytes that compress badly.
 *
 * @param text What tells it from another one.
 */
export async function writeRelease(directory: string, text = ""): Promise<string> {
  await Deno.mkdir(directory, { recursive: true });
  const launcher = `#!/bin/sh\nexec '${Deno.execPath()}' run --quiet --no-prompt -A '${CLI}' "$@"\n`;
  await Deno.writeTextFile(`${directory}/claustrum`, launcher, { mode: 0o755 });
  await Deno.writeFile(`${directory}/claustrum.js`, crypto.getRandomValues(new Uint8Array(40_000)));
  await Deno.writeTextFile(`${directory}/notes`, text);
  return directory;
}

/** What an installation consists of, in words that can be compared. */
export async function installed(home: string): Promise<{ readonly launcher: string; readonly versions: string[] }> {
  return {
    launcher: await orNone(() => Deno.readTextFile(`${home}/.local/bin/claustrum`), ""),
    versions: await orNone(
      async () => (await Array.fromAsync(Deno.readDir(versionsOf(home)))).map(({ name }) => name),
      [],
    ),
  };
}

/** Where versions are installed. */
export function versionsOf(home: string): string {
  return `${home}/.local/share/claustrum/versions`;
}

async function orNone<T>(read: () => Promise<T>, none: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return none;
    throw error;
  }
}

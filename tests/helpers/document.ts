import { CLI, plainEnvironment } from "./daemon.ts";

const ROOT = new URL("../../", import.meta.url);

/**
 * Returns the code blocks of a language in a document.
 *
 * @param document Its path from the root of the project.
 */
export async function codeBlocks(document: string, language: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(document, ROOT));
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, block]) => block!);
}

/** Installs `claustrum` in the `bin` of a home directory. */
export async function installProgram(home: string): Promise<void> {
  await Deno.mkdir(`${home}/bin`);
  const program = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${CLI}' "$@"\n`;
  await Deno.writeTextFile(`${home}/bin/claustrum`, program, { mode: 0o755 });
}

/** Returns the environment of a user who has `claustrum` on the PATH. */
export function userEnvironment(home: string): Record<string, string> {
  return { ...plainEnvironment(home), PATH: `${home}/bin:/usr/local/bin:/usr/bin:/bin` };
}

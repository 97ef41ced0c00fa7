/** Where a program is; `undefined` when it is not installed. */
export function findProgram(name: string): string | undefined {
  const directories = name.startsWith("/") ? [""] : (Deno.env.get("PATH") ?? "").split(":").map((path) => `${path}/`);
  return directories.map((directory) => directory + name).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/**
 * The options of a test that needs a program: skipped with the reason where it is missing, but never in CI.
 *
 * @param name What the test shows.
 * @param isThere Whether the program is installed.
 * @param what The package to install.
 */
export function needing(name: string, isThere: boolean, what: string): Pick<Deno.TestDefinition, "name" | "ignore"> {
  const isSkipped = !isThere && Deno.env.get("CI") === undefined;
  return { name: isSkipped ? `${name} (skipped: install ${what})` : name, ignore: isSkipped };
}

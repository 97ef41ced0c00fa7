/** Returns the path of a program; `undefined` if it is not installed. */
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
 * Returns the name and options of a test that needs a program. Without the program, the test is skipped and its name
 * contains the reason; in CI it is never skipped.
 *
 * @param name The name of the test.
 * @param isThere Whether the program is installed.
 * @param what The package to install.
 */
export function needing(name: string, isThere: boolean, what: string): Pick<Deno.TestDefinition, "name" | "ignore"> {
  const isSkipped = !isThere && Deno.env.get("CI") === undefined;
  return { name: isSkipped ? `${name} (skipped: install ${what})` : name, ignore: isSkipped };
}

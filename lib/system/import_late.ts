/**
 * Loading a module when it is needed, and reading it no earlier. Whatever a program names in `import("…")` the runtime
 * reads at the start, with all that it imports, and keeps as long as the program runs: for a command that takes 60 ms of
 * 100, and 3 MB of a hub. So the command line and the hub name what they load late in another way. `lib/cli/late_modules.ts`
 * lists it for who runs this from a registry: a module that is not in the cache then may not be reachable later.
 *
 * @module
 */

/**
 * Loads a module.
 *
 * @param address Its address, as in `importLate<typeof import("./page.ts")>(import.meta.resolve("./page.ts"))`.
 */
export async function importLate<Module>(address: string): Promise<Module> {
  return await import(address);
}

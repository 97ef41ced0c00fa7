/**
 * Detects the C library of this machine, because each build of the CLI needs a specific one.
 *
 * @module
 */

import type { InstallRules } from "../contract/install_rules.ts";
import { errnoCode } from "../system/errno.ts";
import { runBriefly, type RunBrieflyOptions } from "../process/run_briefly.ts";

const MUSL_LOADER = /^ld-musl-.*\.so\./;

/**
 * Returns `musl` or `glibc` on Linux, `""` elsewhere.
 *
 * @param libDirectory Where the loader of programs is.
 * @param decider What decides: whether there is a loader for musl, or what `ldd` prints if it prints anything.
 */
export async function detectLibc(
  options: RunBrieflyOptions,
  libDirectory: string = "/lib",
  decider: InstallRules["libc"] = "loader first",
): Promise<"musl" | "glibc" | ""> {
  if (Deno.build.os !== "linux") return "";
  const hasLoader = () => hasMuslLoader(libDirectory);
  if (decider === "loader first" && await hasLoader()) return "musl";
  const text = (await runBriefly("ldd", ["--version"], { ...options, captures: true }))?.text ?? "";
  const isMusl = /musl/i.test(text) || (decider === "ldd first" && text === "" && await hasLoader());
  return isMusl ? "musl" : "glibc";
}

async function hasMuslLoader(directory: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(directory)) if (MUSL_LOADER.test(name)) return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
  return false;
}

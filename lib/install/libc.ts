/**
 * Detects the C library of this machine, because each build of the CLI needs a specific one.
 *
 * @module
 */

import { errnoCode } from "../system/errno.ts";
import { runBriefly, type RunBrieflyOptions } from "../process/run_briefly.ts";

const MUSL_LOADER = /^ld-musl-.*\.so\./;

/** Returns `musl` or `glibc` on Linux, `""` elsewhere. */
export async function detectLibc(
  options: RunBrieflyOptions,
  libDirectory: string = "/lib",
): Promise<"musl" | "glibc" | ""> {
  if (Deno.build.os !== "linux") return "";
  if (await hasMuslLoader(libDirectory)) return "musl";
  const ldd = await runBriefly("ldd", ["--version"], { ...options, captures: true });
  return ldd !== undefined && /musl/i.test(ldd.text) ? "musl" : "glibc";
}

async function hasMuslLoader(directory: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(directory)) if (MUSL_LOADER.test(name)) return true;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
  }
  return false;
}

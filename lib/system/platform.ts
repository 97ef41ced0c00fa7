/**
 * The platform and the architecture of this machine, named as in the contract (contract: Server methods).
 *
 * @module
 */

const OS_NAMES: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", windows: "windows" };
const ARCH_NAMES: Readonly<Record<typeof Deno.build.arch, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** Returns `linux`, `darwin` or `windows`; the runtime's own name for any other platform. */
export function platformName(): string {
  return OS_NAMES[Deno.build.os] ?? Deno.build.os;
}

/** Returns `amd64` or `arm64`. */
export function archName(): string {
  return ARCH_NAMES[Deno.build.arch];
}

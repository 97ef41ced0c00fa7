/**
 * This machine's kind, in the names that the contract uses (contract: Server methods).
 *
 * @module
 */

const OS_NAMES: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", windows: "windows" };
const ARCH_NAMES: Readonly<Record<typeof Deno.build.arch, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** `linux`, `darwin`, `windows`, or the runtime's name of another. */
export function platformName(): string {
  return OS_NAMES[Deno.build.os] ?? Deno.build.os;
}

/** `amd64` or `arm64`. */
export function archName(): string {
  return ARCH_NAMES[Deno.build.arch];
}

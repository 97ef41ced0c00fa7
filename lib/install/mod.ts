/**
 * Installs pinned versions of the CLI: downloads, verifies and decompresses them, and removes old ones. It needs the
 * permissions `read`, `write`, `run` and `env`, and `net` for a download.
 *
 * @example
 * ```ts ignore
 * import { install } from "jsr:@x/claustrum/install";
 *
 * const facts = await install({
 *   cliDir: "/home/me/.claude/remote/cli",
 *   cliVersion: "2.1.0",
 *   source: { url: "https://example.com/claude-2.1.0.zst", sha256: "…" },
 * });
 * if (facts.cliError !== undefined) throw new Error(facts.cliError);
 * ```
 *
 * @module
 */

export { install, type InstallFacts } from "./install.ts";
export { type InstallOptions, type InstallProgress, type InstallSource } from "./install_options.ts";
export { type LauncherFacts } from "./probe.ts";
export { type GenerationName } from "../contract/generation.ts";
export { type FetchFacts } from "./blob.ts";
export { type Clock } from "../system/clock.ts";

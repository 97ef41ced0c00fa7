/**
 * The methods that `contract = next` adds, or does in another way than the first generation.
 *
 * @module
 */

import type { MakeMethods } from "../context.ts";
import { nextFilesMethods } from "./files.ts";
import { nextGitMethods } from "./git.ts";
import { launcherMethods } from "./launcher.ts";
import { pluginMethods } from "./plugins.ts";
import { nextProcessMethods } from "./process.ts";
import { nextServerMethods } from "./server.ts";

/** The methods that differ; all others are those of the first generation. */
export const nextMethods: MakeMethods = (daemon) => [
  ...nextServerMethods(daemon),
  ...launcherMethods(daemon),
  ...nextProcessMethods(daemon),
  ...pluginMethods(daemon),
  ...nextFilesMethods(daemon),
  ...nextGitMethods(daemon),
];

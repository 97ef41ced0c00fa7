/**
 * Shows clones to people.
 *
 * @module
 */

import type { CloneJob } from "../projects/types.ts";
import { formatBytes } from "./progress_bar.ts";
import { toOneLine } from "./terminal_text.ts";

const BAR_COLUMNS = 24;

/** Formats how far a clone is, in one line. */
export function formatClone({ name, phase = "starting", percent, bytes }: CloneJob): string {
  const filled = Math.round((percent ?? 0) / 100 * BAR_COLUMNS);
  const bar = percent === undefined ? "" : `  [${"#".repeat(filled)}${"-".repeat(BAR_COLUMNS - filled)}] ${percent} %`;
  return `${toOneLine(name)}  ${toOneLine(phase)}${bar}  ${formatBytes(bytes)}`;
}

/**
 * Links to other hubs as text for a terminal.
 *
 * @module
 */

import type { HubLink } from "../hub/operation_types.ts";
import { toOneLine } from "./terminal_text.ts";

/** Describes how it goes with a link, in one line. */
export function linkText({ url, status, reason }: HubLink): string {
  return toOneLine(`${url} is ${status}${reason === undefined ? "" : `: ${reason}`}`);
}

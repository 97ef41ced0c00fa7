/**
 * Opening a link in the user's browser.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { printMessage } from "./print.ts";

/** The program of each system that opens links. */
const OPENERS: Partial<Record<typeof Deno.build.os, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Opens a link in the browser. Says so if there is none; the link can be copied then.
 *
 * @param link The link; `undefined` if the hub has no web address.
 * @throws {ClaustrumError} If there is no link.
 */
export async function openLink(link: string | undefined): Promise<void> {
  if (link === undefined) throw new ClaustrumError("the hub has no web address: start it without --no-web");
  const [program, ...args] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  try {
    const command = new Deno.Command(program, { args: [...args, link], stdin: "null", stdout: "null", stderr: "null" });
    const { success } = await command.spawn().status;
    if (!success) printMessage(`${program} could not open the link: copy it into a browser`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    printMessage(`there is no ${program} here: copy the link into a browser`);
  }
}

import { type Browser, chromium } from "playwright-core";
import { findProgram } from "../../helpers/program.ts";

/** The names under which systems install the browser. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The path of the browser; `undefined` if none is installed. */
export const CHROMIUM: string | undefined = NAMES.map(findProgram).find((path) => path !== undefined);

/**
 * Launches the browser. It reaches no other machine than this one.
 *
 * @param flags More flags of the browser.
 */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("The tests of the page need a browser: install chromium");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      // Tests also run as root and in containers, where the browser's sandbox and shared memory do not work.
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
      ...flags,
    ],
  });
}

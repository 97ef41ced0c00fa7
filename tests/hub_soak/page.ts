import type { Browser } from "playwright-core";
import type { Machine, World } from "./world.ts";

/** The page in a browser, open all the time. */
export interface SoakPage {
  reload(): Promise<void>;
  /** Waits until it shows every session of every machine. */
  showsAll(world: World): Promise<void>;
  /** What its scripts used when it was looked at last, in MiB. */
  heapMiB(): number;
}

/** Opens the page of a machine, signed in with a link. */
export async function openPage(browser: Browser, { home }: Machine): Promise<SoakPage> {
  const { stdout } = await home.run(["hub", "start", "--json"]);
  const { sign_in: link } = JSON.parse(stdout) as { sign_in: string };
  const page = await browser.newPage();
  await page.goto(link);
  await page.locator("[data-card]").first().waitFor();
  let heap = 0;
  return {
    async reload() {
      try {
        await page.reload();
      } catch (error) {
        // The hub may be dead at this instant; the page is opened again by the next reload.
        if (!/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET/.test(String(error))) throw error;
      }
    },
    async showsAll({ machines }) {
      await page.reload();
      for (const name of machines.flatMap(({ sessions }) => sessions)) {
        await page.locator("[data-card]").filter({ hasText: name }).first().waitFor({ timeout: 20_000 });
      }
      heap = await page.evaluate(() =>
        (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize
      );
    },
    heapMiB: () => Math.round(heap / (1 << 20)),
  };
}

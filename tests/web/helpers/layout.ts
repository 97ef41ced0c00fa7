import type { Page } from "playwright-core";

/** What people press or type into. */
const CONTROLS = 'a[href], button, input, select, textarea, summary, [role="menuitem"]';
/** Where links stand in running text, whose lines are lower than a thumb. */
const RUNNING_TEXT = "p, .markdown, td, dd, li code";
/** The smallest side of what a thumb can press, in pixels. */
const THUMB = 44;

/** The controls that are smaller than a thumb, by name and size. */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(({ CONTROLS, RUNNING_TEXT, THUMB }) => {
    const root = document.querySelector("dialog[open], [role=menu]") ?? document.body;
    // What the browser does not draw before it comes near has no size.
    for (const element of root.querySelectorAll<HTMLElement>("*")) element.style.contentVisibility = "visible";
    const isSeen = (element: Element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const found: string[] = [];
    for (const control of root.querySelectorAll<HTMLElement>(CONTROLS)) {
      if (!isSeen(control) || control.matches(".skip, [disabled]")) continue;
      if (control.matches("a") && control.parentElement?.closest(RUNNING_TEXT) !== null) continue;
      // A label can be pressed in place of its field.
      const target = control.closest("label") ?? control;
      const { width, height } = target.getBoundingClientRect();
      if (Math.min(width, height) >= THUMB - 0.5) continue;
      const name = control.getAttribute("aria-label") ?? control.textContent?.trim().slice(0, 40) ?? "";
      found.push(`${control.localName} ${name || control.className}: ${Math.round(width)}×${Math.round(height)}`);
    }
    return found;
  }, { CONTROLS, RUNNING_TEXT, THUMB });
}

/** The controls that cannot be brought into view, or that something else covers then. */
export function unreachableControls(page: Page): Promise<string[]> {
  return page.evaluate((CONTROLS) => {
    const root = document.querySelector("dialog[open], [role=menu]") ?? document.body;
    const found: string[] = [];
    for (const control of root.querySelectorAll<HTMLElement>(CONTROLS)) {
      if (!control.isConnected || !control.checkVisibility({ visibilityProperty: true }) || control.matches(".skip")) {
        continue;
      }
      const target = control.closest("label") ?? control;
      target.scrollIntoView({ block: "center", inline: "center" });
      const { left, top, width, height } = control.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      if (hit !== null && (target.contains(hit) || hit.contains(control) && hit.localName === "label")) continue;
      const name = control.getAttribute("aria-label") ?? control.textContent?.trim().slice(0, 40) ?? "";
      found.push(`${control.localName} ${name || control.className} is behind ${hit?.outerHTML.slice(0, 80)}`);
    }
    return found;
  }, CONTROLS);
}

/** By how much the page is wider than the window, in pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

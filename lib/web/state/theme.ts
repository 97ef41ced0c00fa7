/**
 * The theme: dark, light, or that of the system.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";

/** A theme. */
export type Theme = "system" | "light" | "dark";

/** All themes. */
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

/** The key in the browser's storage; `theme.ts` reads it before the page is drawn. */
const KEY = "claustrum.theme";

/** The theme that is chosen. */
export const theme: Signal<Theme> = signal(read());

/** Chooses a theme and remembers it. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(KEY, chosen);
    document.documentElement.dataset["theme"] = chosen;
  }
}

function read(): Theme {
  const stored = localStorage.getItem(KEY);
  return THEMES.find((each) => each === stored) ?? "system";
}

import type { JSX } from "preact";

/** Placeholder. */
export function NewSession(): JSX.Element | null {
  return null;
}

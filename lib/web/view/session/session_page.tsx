import type { JSX } from "preact";

/** Placeholder. */
export function SessionPage(_: { reference: string; event?: number; isTerminal: boolean }): JSX.Element {
  return (
    <div class="page">
      <h1>SessionPage</h1>
    </div>
  );
}

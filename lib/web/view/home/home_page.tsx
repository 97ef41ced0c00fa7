import type { JSX } from "preact";

/** Placeholder. */
export function HomePage(_: { permission?: string }): JSX.Element {
  return (
    <div class="page">
      <h1>HomePage</h1>
    </div>
  );
}

import type { JSX } from "preact";

/** Placeholder. */
export function SettingsPage(_: { section: string }): JSX.Element {
  return (
    <div class="page">
      <h1>SettingsPage</h1>
    </div>
  );
}

import type { JSX } from "preact";
import { h } from "preact";
import { ICONS } from "./icons_generated.ts";

/** The name of an icon. */
export type IconName = keyof typeof ICONS;

/** A picture beside a text, or in a button that has a name of its own. It is hidden from assistive technology. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  const nodes = ICONS[name] as unknown as readonly (readonly [string, Readonly<Record<string, string>>])[];
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {nodes.map(([tag, attributes], i) => h(tag, { key: i, ...attributes }))}
    </svg>
  );
}

import type { JSX } from "preact";
import { useNow } from "./now.ts";
import { ago } from "./text.ts";

/** How long ago something was; the exact time is its tooltip. */
export function TimeAgo({ at }: { at: string }): JSX.Element {
  return <time dateTime={at} title={new Date(at).toLocaleString()}>{ago(at, useNow().value)}</time>;
}

import type { JSX } from "preact";
import type { Host } from "../../../hosts/types.ts";
import { HOST_STATES } from "../../state/host_text.ts";

/** How it goes with a host in a word, with a coloured dot. */
export function HostStatus({ state }: { state: Host["state"] }): JSX.Element {
  return (
    <span class="status" data-status={state}>
      <span class="dot" aria-hidden="true" />
      {HOST_STATES[state]}
    </span>
  );
}

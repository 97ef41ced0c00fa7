import type { JSX } from "preact";
import type { Host } from "../../../hosts/types.ts";
import { HOST_STATES, isInstalling } from "../../state/host_text.ts";

/** How it goes with a host in a word, with a coloured dot. */
export function HostStatus({ host }: { host: Host }): JSX.Element {
  const isBusy = isInstalling(host);
  return (
    <span class="status" data-status={isBusy ? "connecting" : host.state}>
      <span class="dot" aria-hidden="true" />
      {isBusy ? "Installing" : HOST_STATES[host.state]}
    </span>
  );
}

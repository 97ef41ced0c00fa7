import type { JSX } from "preact";
import type { Host } from "../../../hosts/types.ts";
import { TimeAgo } from "../time_ago.tsx";

/** Says in a sentence that a host cannot be reached, and since when. */
export function HostAway({ host: { name, last_contact } }: { host: Host }): JSX.Element {
  return (
    <>
      <strong>{name}</strong> cannot be reached now
      {last_contact === undefined ? "." : (
        <>
          ; last contact <TimeAgo at={last_contact} />.
        </>
      )}
    </>
  );
}

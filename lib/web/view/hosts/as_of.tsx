import type { JSX } from "preact";
import type { Host } from "../../../hosts/types.ts";
import { TimeAgo } from "../time_ago.tsx";

/** From when what is shown of a host is, while it cannot be reached. */
export function AsOf({ host: { last_contact } }: { host: Host }): JSX.Element {
  if (last_contact === undefined) return <>never reached</>;
  return (
    <>
      as of <TimeAgo at={last_contact} />
    </>
  );
}

import { Hosts } from "../../lib/hub/hosts/hosts.ts";
import type { Store } from "../../lib/store/store.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { createLogger } from "../../lib/system/log.ts";

/** The hosts of a hub that shows no others; there is no daemon that could reach one. */
export function noHosts(store: Store, directory: string): Hosts {
  return new Hosts({
    ownName: "here",
    store,
    client: () => new Promise(() => {}),
    directory,
    clock: systemClock,
    log: createLogger({ level: "error", write: () => {} }),
  });
}

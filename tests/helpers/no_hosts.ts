import { Hosts, type HostsOptions } from "../../lib/hub/hosts/hosts.ts";
import type { Store } from "../../lib/store/store.ts";
import { systemClock } from "../../lib/system/clock.ts";
import { createLogger } from "../../lib/system/log.ts";

/** Hosts of a hub that shows no others yet; there is no daemon that could reach one over SSH. */
export function noHosts(store: Store, directory: string, options: Partial<HostsOptions> = {}): Hosts {
  return new Hosts({
    ownName: "here",
    store,
    client: () => new Promise(() => {}),
    directory,
    clock: systemClock,
    log: createLogger({ level: "error", write: () => {} }),
    ...options,
  });
}

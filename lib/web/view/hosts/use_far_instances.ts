import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Instance } from "../../../remote/types.ts";
import { HubProblem } from "../../api/client.ts";
import { useWorld } from "../../state/world.ts";

/** How often the instances of another host are read while somebody looks, in milliseconds: they are not told. */
const EVERY_MS = 10_000;

/**
 * Returns remote control on another host, as it was read last.
 *
 * @param host The name; `undefined` to read nothing.
 */
export function useFarInstances(host: string | undefined): readonly Instance[] {
  const { api, hosts, projects } = useWorld();
  const read = useSignal<{ readonly host: string; readonly instances: readonly Instance[] } | undefined>(undefined);
  const isUp = host !== undefined && hosts.of({ host })?.state === "up";
  const isLooking = projects.isLooking.value;
  useEffect(() => {
    if (host === undefined || !isUp || !isLooking) return;
    const stop = new AbortController();
    const load = async () => {
      try {
        read.value = { host, instances: await api.call("instances.list", { host }, stop.signal) };
      } catch (error) {
        // What was read before stays until the host answers again.
        if (!stop.signal.aborted && !(error instanceof HubProblem)) throw error;
      }
    };
    void load();
    const timer = setInterval(() => void load(), EVERY_MS);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [host, isUp, isLooking]);
  return read.value !== undefined && read.value.host === host ? read.value.instances : [];
}

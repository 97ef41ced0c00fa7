import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Project } from "../../../projects/types.ts";
import { HubProblem } from "../../api/client.ts";
import { useWorld } from "../../state/world.ts";
import { useLive } from "../use_live.ts";

/**
 * Returns the projects of a host, as far as they are known.
 *
 * @param host The name; empty for the hub itself.
 */
export function useProjectsOf(host: string): readonly Project[] {
  const { api, projects } = useWorld();
  const own = useLive(projects.list).value?.projects ?? [];
  const read = useSignal<{ readonly host: string; readonly projects: readonly Project[] } | undefined>(undefined);
  useEffect(() => {
    if (host === "") return;
    const stop = new AbortController();
    api.call("projects.list", { host }, stop.signal).then((list) => {
      read.value = { host, projects: list.projects };
    }).catch((error) => {
      // Without the projects, the directories of its sessions are offered alone.
      if (!stop.signal.aborted && !(error instanceof HubProblem)) throw error;
    });
    return () => stop.abort();
  }, [host]);
  if (host === "") return own;
  return read.value?.host === host ? read.value.projects : [];
}

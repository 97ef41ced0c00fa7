import { useMemo } from "preact/hooks";
import type { HubApi } from "../../api/client.ts";
import { isOfProject } from "../../state/live_lists.ts";
import { LiveValue } from "../../state/live_value.ts";
import { useWorld } from "../../state/world.ts";
import { useLive } from "../use_live.ts";
import type { Loaded } from "../use_loaded.ts";

/** Reads something of a project, and again when the hub says that the project has changed. */
export function useProjectValue<T>(
  project: string,
  read: (api: HubApi) => Promise<T>,
): Loaded<T> & { readonly live: LiveValue<T> } {
  const { api, hub, projects } = useWorld();
  const live = useMemo(() =>
    new LiveValue<T>({
      hub,
      ...projects.current("projects"),
      read: () => read(api),
      take: (value, notice) => isOfProject(notice, project) ? undefined : value,
    }), [api, project]);
  return { ...useLive(live), live };
}

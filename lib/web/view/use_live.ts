import { useEffect } from "preact/hooks";
import type { LiveValue } from "../state/live_value.ts";
import type { Loaded } from "./use_loaded.ts";

/** Keeps something of the hub current while it is shown. */
export function useLive<T>(live: LiveValue<T>): Loaded<T> {
  useEffect(() => live.open(), [live]);
  return { value: live.value.value, problem: live.problem.value, reload: () => live.reload() };
}

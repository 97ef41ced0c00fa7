import type { RemoteSettings } from "./settings.ts";
/** Placeholder. */
export function applyRecapHook(_settings: RemoteSettings): Promise<void> {
  return Promise.resolve();
}

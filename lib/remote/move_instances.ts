/**
 * Remote-control instances that were brought to another machine, where directories have other paths.
 *
 * @module
 */

import type { Store } from "../store/store.ts";
import { type MovedDirectory, movedPath } from "../system/moved_path.ts";
import type { InstanceRecord } from "./record.ts";

/** Gives instances the paths that their directories have now. */
export function moveInstances(store: Store, moved: readonly MovedDirectory[]): void {
  for (const row of store.instances.all()) {
    const record = JSON.parse(row.data) as InstanceRecord;
    const path = movedPath(record.path, moved);
    if (path !== record.path) store.instances.put({ ...row, data: JSON.stringify({ ...record, path }) });
  }
}

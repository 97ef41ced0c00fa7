/**
 * The worker that reads transcripts and keeps the index, so that the hub never waits for them.
 *
 * @module
 */

import { type UsageBucket, UsageIndex } from "./usage_index.ts";

/** A request to the worker. */
export interface UsageRequest {
  /** What the reply is known by. */
  readonly id: number;
  /** The file of the index; the same in all requests. */
  readonly path: string;
  /** What the project is known by. */
  readonly project: string;
  /** Where its transcripts are. */
  readonly places: readonly string[];
}

/** The worker's answer: the usage, or why there is none. */
export type UsageReply =
  & { readonly id: number }
  & (
    | { readonly buckets: readonly UsageBucket[] }
    | { readonly problem: string }
  );

/** The part of a worker's global scope that is used here; the available types are those of a window. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<UsageRequest>) => void) | null;
  postMessage(reply: UsageReply): void;
}

/** Handles requests in a worker, one after the other. */
export function serveUsage(): void {
  const scope = globalThis as unknown as WorkerScope;
  let index: Promise<UsageIndex> | undefined;
  let last = Promise.resolve();
  scope.onmessage = ({ data }) => {
    last = last.then(async () => {
      try {
        index ??= UsageIndex.open(data.path);
        scope.postMessage({ id: data.id, buckets: await (await index).read(data.project, data.places) });
      } catch (error) {
        await index?.then((broken) => broken[Symbol.dispose](), () => {
          // It was never open.
        });
        index = undefined;
        // An error itself would lose its type on the way.
        scope.postMessage({ id: data.id, problem: error instanceof Error ? error.message : String(error) });
      }
    });
  };
}

/**
 * Remote-control instances in words.
 *
 * @module
 */

import type { Instance, SpawnMode } from "../../remote/types.ts";

/** The state of an instance as it is told. */
export interface InstanceState {
  /** A word or two. */
  readonly name: string;
  /** What it means, where that is not plain. */
  readonly text?: string;
}

/** Returns the state of an instance, no better than it is known. */
export function stateOf(
  instance: Pick<Instance, "status" | "unconfirmed" | "intentional_stop" | "pid">,
): InstanceState {
  switch (instance.status) {
    case "starting":
      return { name: "Starting", text: "Waits until the agent CLI says that it takes work." };
    case "running":
      return instance.unconfirmed === undefined ? { name: "Running" } : {
        name: "Running, unconfirmed",
        text: "Its process lives, but the agent CLI has not said that it is connected.",
      };
    case "stopped":
      return instance.intentional_stop ? { name: "Stopped" } : { name: "Stopped", text: "It ended by itself." };
    case "crashed":
      return { name: "Crashed" };
    case "error":
      return instance.pid === null ? { name: "Error" } : {
        name: "Not ready",
        text: "Its process runs, but it takes no work.",
      };
  }
}

/** Where a server starts sessions, and what that means. */
export const SPAWN_MODES: readonly { readonly id: SpawnMode; readonly label: string; readonly text: string }[] = [
  { id: "same-dir", label: "In the directory", text: "All sessions work in the same files." },
  { id: "worktree", label: "In work trees", text: "Each session gets a work tree of its own." },
  { id: "session", label: "One session only", text: "The server ends with its session." },
];

/** How the agent CLI is started, and what that means. */
export const INSTANCE_MODES: readonly {
  readonly id: Instance["mode"];
  readonly label: string;
  readonly text: string;
}[] = [
  { id: "standard", label: "Server", text: "Takes sessions from claude.ai/code and the phone app." },
  {
    id: "pty",
    label: "Terminal program",
    text: "One conversation, which a resume truly restores. Needs tmux on the machine.",
  },
];

/** Returns what an instance does, in a few words. */
export function kindOf({ mode, spawn_mode }: Pick<Instance, "mode" | "spawn_mode">): string {
  const spawn = SPAWN_MODES.find(({ id }) => id === spawn_mode)?.label.toLowerCase();
  return mode === "pty" ? "terminal program" : `server${spawn === undefined ? "" : `, ${spawn}`}`;
}

/**
 * What the generations of the contract say differently about processes, as data (contract: Generations).
 *
 * @module
 */

/** The rules of a generation about processes. */
export interface ProcessRules {
  /** What happens to a running process when another one is started with its id. */
  readonly reusedId: "kill" | "leave";
  /** The limit on the bytes queued for the stdin of a process, in bytes. */
  readonly stdinBytes: number;
  /** What happens to a write that does not fit into the queue. */
  readonly stdinFull: "wait" | "refuse";
  /** Whether a process counts as running until its exit frame, or only until the system has reaped it. */
  readonly runsUntil: "exitFrame" | "reaped";
  /** Whether the exit frame of every process says which signal ended it, and who asked for it. */
  readonly exitSaysWhy: boolean;
  /** Whether a connection is closed when another one takes the stream of a process from it. */
  readonly takenStreamCloses: boolean;
  /** The longest wait of `process.killAndWait`, in milliseconds. */
  readonly maxKillWaitMs: number;
  /** Whether `process.killAndWait` also kills what remains in the group of a process that has obeyed in time. */
  readonly killsRemains: boolean;
  /**
   * Whether processes get the settings of their own that only this generation knows: the marks of their daemon, which
   * are recorded beside its socket, the agent of the login shell, and a limit on their descriptors.
   */
  readonly settlesChildren: boolean;
}

/** The rules of the seed. */
export const SEED_PROCESSES: ProcessRules = {
  reusedId: "kill",
  stdinBytes: 8 << 20,
  stdinFull: "wait",
  runsUntil: "exitFrame",
  exitSaysWhy: false,
  takenStreamCloses: false,
  maxKillWaitMs: Infinity,
  killsRemains: true,
  settlesChildren: false,
};

/** The rules of the newest generation. */
export const NEXT_PROCESSES: ProcessRules = {
  reusedId: "leave",
  stdinBytes: 16 << 20,
  stdinFull: "refuse",
  runsUntil: "reaped",
  exitSaysWhy: true,
  takenStreamCloses: true,
  maxKillWaitMs: 30_000,
  killsRemains: false,
  settlesChildren: true,
};

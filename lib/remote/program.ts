/**
 * The program of an instance, however it was started.
 *
 * @module
 */

/** How a program has ended. */
export type ProgramEnd =
  /** It has ended; a sentence says how, as far as that is known. */
  | { readonly kind: "ended"; readonly reason: string }
  /** The connection to it is lost: it may run on. */
  | { readonly kind: "lost" };

/** A program that runs. */
export interface Program extends Disposable {
  /** The process id. */
  readonly pid: number;
  /** When the process was started, as the system has it; `undefined` if that is not known. */
  readonly procStart: string | undefined;
  /** Whether only the process is known, and nothing of its output. */
  readonly isAdopted: boolean;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** Asks it to end, as Ctrl-C does. */
  interrupt(): Promise<void>;
  /** Kills it with all processes below it. */
  kill(): Promise<void>;
  /** Returns what is on its screen; absent if it has none. */
  screen?(): Promise<string>;
  /** Leaves it alone from now on. */
  [Symbol.dispose](): void;
}

/** What is started. */
export interface ProgramStart {
  /** The id of its process in the daemon, or of its terminal. */
  readonly id: string;
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Its directory. */
  readonly cwd: string;
}

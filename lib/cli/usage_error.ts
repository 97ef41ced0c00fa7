/** The command line is wrong; the message is for stderr, the exit code is 2. */
export class UsageError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "UsageError";
}

/** A failure that ends the program. Its message is reported in one line, without a stack trace. */
export class FatalError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "FatalError";
}

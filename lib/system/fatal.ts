/** A failure that ends the program, told in one line without a trace. */
export class FatalError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "FatalError";
}

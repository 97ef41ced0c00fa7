/** A failure that ends the program, told in one line without a trace. */
export class FatalError extends Error {
  override name = "FatalError";
}

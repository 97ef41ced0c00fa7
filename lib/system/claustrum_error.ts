/**
 * The base class of the errors that claustrum throws on purpose.
 *
 * Its message is a sentence for the user. Any other error is the operating system's, the caller's mistake
 * (`TypeError`, `RangeError`) or a bug.
 */
export class ClaustrumError extends Error {
  /**
   * Creates an error that is named after its class.
   *
   * @param message A sentence for the user.
   * @param options The `cause`, if another error led to this one.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Why an install failed; the message is the `cliError` of its facts. */
export class InstallError extends Error {
  /** The class, for those who only have the error. */
  override readonly name: string = "InstallError";
}

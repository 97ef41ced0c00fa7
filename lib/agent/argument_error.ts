import { ClaustrumError } from "../system/claustrum_error.ts";

/** Options of an {@linkcode AgentArgumentError}. */
export interface AgentArgumentErrorOptions extends ErrorOptions {
  /** The flag that is refused. */
  readonly flag?: string | undefined;
  /** The allowed flag whose name is nearest. */
  readonly nearest?: string | undefined;
}

/** Arguments for the agent CLI that are refused; the message says why. */
export class AgentArgumentError extends ClaustrumError {
  /** The flag that is refused, if it is about one. */
  readonly flag: string | undefined;
  /** The allowed flag whose name is nearest, if one is near. */
  readonly nearest: string | undefined;

  /**
   * Creates the error.
   *
   * @param message A sentence for the user.
   */
  constructor(message: string, options: AgentArgumentErrorOptions = {}) {
    super(message, options);
    this.flag = options.flag;
    this.nearest = options.nearest;
  }
}

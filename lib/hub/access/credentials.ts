/**
 * How browsers prove who they are: with a token, a password, or the code of a link. Who guesses has to wait.
 *
 * @module
 */

import type { Clock } from "../../system/clock.ts";
import type { Caller, SignInWay } from "../caller.ts";
import { OperationError } from "../operation_error.ts";
import { PasswordChecker } from "./password.ts";
import { SignInCodes } from "./sign_in_codes.ts";
import { SignInThrottle } from "./throttle.ts";

/** What the user is called who has not said another name. */
const OWNER = "owner";
/** Why a sign-in is refused. */
const WRONG = {
  token: "that token is wrong: claustrum hub token prints the right one",
  password: "that password is wrong",
  code: "that link was used already, or is older than ten minutes: claustrum hub open makes another one",
} as const;

/** How a browser proves who it is: with exactly one of these. */
export interface Credentials {
  /** The hub's token, or an API token. */
  readonly token?: string | undefined;
  /** The password of the configuration. */
  readonly password?: string | undefined;
  /** What the person who knows the password is called. */
  readonly user?: string | undefined;
  /** The code of a sign-in link. */
  readonly code?: string | undefined;
}

/** Who proved who they are. */
export interface Proven {
  /** What they are called. */
  readonly user: string;
  /** How they proved it. */
  readonly way: SignInWay;
  /** Whether they may only look. */
  readonly isViewer: boolean;
  /** The id of the API token with which they proved it. */
  readonly token?: string;
}

/** Options of {@linkcode CredentialChecker}. */
export interface CredentialCheckerOptions {
  /** The hash of the password; `undefined` if there is none. */
  readonly passwordHash: string | undefined;
  /** Returns who has a token; `undefined` if it is no token of this hub. */
  readonly callerOfToken: (token: string, address: string) => Caller | undefined;
  /** The source of time. */
  readonly clock: Clock;
}

/** Checks what browsers sign in with. */
export class CredentialChecker implements Disposable {
  readonly #callerOfToken: CredentialCheckerOptions["callerOfToken"];
  readonly #codes: SignInCodes;
  readonly #throttle: SignInThrottle;
  readonly #passwords: PasswordChecker;
  #failed = 0;

  /** @param options What decides. */
  constructor({ passwordHash, callerOfToken, clock }: CredentialCheckerOptions) {
    this.#callerOfToken = callerOfToken;
    this.#codes = new SignInCodes(clock);
    this.#throttle = new SignInThrottle(clock);
    this.#passwords = new PasswordChecker({ hash: passwordHash });
  }

  /** How many attempts were refused. */
  get failed(): number {
    return this.#failed;
  }

  /** Makes a code with which somebody can sign in once. */
  createCode(): string {
    return this.#codes.create();
  }

  /**
   * Finds out who somebody is.
   *
   * @param address The network address that they come from.
   * @throws {OperationError} If they do not prove it, or have tried too often.
   */
  async prove({ token, password, user, code }: Credentials, address: string): Promise<Proven> {
    if ([token, password, code].filter((each) => each !== undefined).length !== 1) {
      throw new OperationError("bad_params", "sign in with either a token, a password or a code");
    }
    // Nobody guesses a token or a code. Who has one may sign in, however often others have tried.
    const proven = token !== undefined
      ? this.#proveToken(token, address)
      : code !== undefined && this.#codes.redeem(code)
      ? { user: OWNER, way: "link" as const, isViewer: false }
      : undefined;
    if (proven !== undefined) return proven;
    const decision = this.#throttle.check(address);
    if (!decision.isAllowed) {
      this.#failed++;
      const { retryAfterSeconds } = decision;
      const text = `too many failed sign-ins: try again in ${retryAfterSeconds} s`;
      throw new OperationError("too_many", text, retryAfterSeconds);
    }
    if (password !== undefined && await this.#isPassword(password, address)) {
      this.#throttle.succeeded(address);
      return { user: user ?? OWNER, way: "password", isViewer: false };
    }
    this.#failed++;
    throw new OperationError("unauthenticated", WRONG[password !== undefined ? "password" : code ? "code" : "token"]);
  }

  #proveToken(token: string, address: string): Proven | undefined {
    const caller = this.#callerOfToken(token, address);
    if (caller === undefined) return undefined;
    const { who, way, isViewer, token: id } = caller;
    return { user: who, way, isViewer, ...(id === undefined ? {} : { token: id }) };
  }

  async #isPassword(password: string, address: string): Promise<boolean> {
    try {
      return await this.#passwords.check(password);
    } catch (error) {
      this.#throttle.withdrawn(address);
      throw error;
    }
  }

  /** Ends what still runs. */
  [Symbol.dispose](): void {
    this.#passwords[Symbol.dispose]();
  }
}

/**
 * Who may talk to the hub, beside its user on the socket: holders of the hub's token, of named API tokens, and browsers
 * that have signed in.
 *
 * @module
 */

import type { SignInRow, Store } from "../../store/store.ts";
import { StoreError } from "../../store/store.ts";
import type { Clock } from "../../system/clock.ts";
import type { Caller, SignInWay } from "../caller.ts";
import type { AuthConfig } from "../hub_config.ts";
import { OperationError } from "../operation_error.ts";
import type { ApiToken, SignedIn, SignIn } from "../access_operation_types.ts";
import type { Scheme } from "./allowed_hosts.ts";
import type { Browser } from "./browser.ts";
import { SIGN_IN_SECONDS, signInCookie, signOutCookie } from "./cookies.ts";
import { CredentialChecker, type Credentials, type Proven } from "./credentials.ts";
import { shownSignIn, shownToken } from "./shown_access.ts";
import { generateApiToken, hashToken, randomText } from "./token_hash.ts";

/** How long a sign-in lasts without being used, in milliseconds. */
const SIGN_IN_MS = SIGN_IN_SECONDS * 1000;
/** The length of what only a browser, or only our page, knows, in bytes. */
const SECRET_BYTES = 32;
/** How exactly the last use of a sign-in or a token is known, in milliseconds. */
const USE_MS = 60_000;

/** Who has a cookie, and what else counts for it. */
export interface CookieHolder {
  /** Who. */
  readonly caller: Caller;
  /** Checks the key of our page; absent where the cookie alone is enough. */
  readonly isPageKey?: (key: string) => boolean;
  /**
   * Notes that they use their sign-in, which makes it last its full time again.
   *
   * @returns The same cookie with its full time, for the browser; `undefined` if it got that a moment ago.
   */
  renew(): string | undefined;
}

/** Options of {@linkcode Access}. */
export interface AccessOptions {
  /** What the hub keeps. */
  readonly store: Store;
  /** How to sign in. */
  readonly auth: AuthConfig;
  /** Whether a text is the hub's token. */
  readonly isHubToken: (token: string) => boolean;
  /** The source of time. */
  readonly clock: Clock;
}

/** Who may talk to the hub. */
export class Access implements Disposable {
  /** The web address, once the hub listens there. */
  url: string | undefined;
  readonly #options: AccessOptions;
  readonly #credentials: CredentialChecker;
  readonly #revocations = new Set<(isRevoked: (caller: Caller) => boolean) => void>();

  /** @param options What decides. */
  constructor(options: AccessOptions) {
    const { auth, clock, store } = options;
    this.#options = options;
    const callerOfToken = (token: string, address: string) => this.callerOfToken(token, address);
    this.#credentials = new CredentialChecker({ passwordHash: auth.passwordHash, callerOfToken, clock });
    store.signIns.deleteExpired(clock.now());
  }

  /** How many sign-ins were refused since the hub started. */
  get failedSignIns(): number {
    return this.#credentials.failed;
  }

  /** Returns who has a token; `undefined` if it is no token of this hub. */
  callerOfToken(token: string, address: string): Caller | undefined {
    const { store, isHubToken, clock } = this.#options;
    if (isHubToken(token)) return { who: "token", way: "token", isViewer: false, address };
    const row = store.tokens.find(hashToken(token));
    if (row === undefined) return undefined;
    if (clock.now() - (row.usedAt ?? 0) >= USE_MS) store.tokens.noteUse(row.id, clock.now());
    return { who: row.name, way: "api token", isViewer: row.isReadOnly, address, token: row.id };
  }

  /**
   * Returns who has a cookie; `undefined` if it is not of this hub, or has expired. Other servers of the same machine get
   * the cookie, too, unless it came over https; so it does not count alone.
   */
  callerOfCookie(
    cookie: string,
    { address, scheme }: { readonly address: string; readonly scheme: Scheme },
  ): CookieHolder | undefined {
    const { store, clock } = this.#options;
    const [row, now] = [store.signIns.find(hashCookie(cookie, scheme)), clock.now()];
    if (row === undefined || row.expiresAt <= now) return undefined;
    const { id, user, way, isViewer, token, pageKeyHash } = row;
    return {
      caller: {
        who: user,
        way: way as SignInWay,
        isViewer,
        address,
        signIn: id,
        ...(token === undefined ? {} : { token }),
      },
      ...(scheme === "https" ? {} : { isPageKey: (key: string) => hashToken(key) === pageKeyHash }),
      renew: () => this.#renew(row) ? signInCookie(cookie, scheme) : undefined,
    };
  }

  /**
   * Signs a browser in, and gives it a cookie.
   *
   * @throws {OperationError} If it does not prove who it is, or has tried too often.
   */
  async signIn(credentials: Credentials, browser: Browser): Promise<SignedIn> {
    const proven = await this.#credentials.prove(credentials, browser.address);
    const [cookie, pageKey] = [randomText(SECRET_BYTES), randomText(SECRET_BYTES)];
    this.#store(proven, cookie, pageKey, browser);
    browser.setCookie(signInCookie(cookie, browser.scheme));
    return { page_key: pageKey, user: proven.user, way: proven.way, read_only: proven.isViewer };
  }

  /** Signs a browser out; everywhere: all browsers, but not those who have a token. */
  signOut(caller: Caller, browser: Browser | undefined, everywhere: boolean): void {
    const { signIns } = this.#options.store;
    if (everywhere && caller.isViewer) {
      throw new OperationError("refused", "who may only look cannot sign out others");
    }
    if (everywhere) {
      signIns.deleteAll();
      this.#revoke(({ signIn }) => signIn !== undefined);
    } else if (caller.signIn !== undefined) {
      signIns.delete(caller.signIn);
      this.#revoke(({ signIn }) => signIn === caller.signIn);
    }
    browser?.setCookie(signOutCookie(browser.scheme));
  }

  /** Makes a link that signs a browser in once. */
  createLink(): { readonly code: string; readonly url?: string } {
    const code = this.#credentials.createCode();
    return { code, ...(this.url === undefined ? {} : { url: `${this.url}/#code=${code}` }) };
  }

  /** Lists the API tokens. */
  listTokens(): ApiToken[] {
    return this.#options.store.tokens.list().map(shownToken);
  }

  /**
   * Makes an API token.
   *
   * @throws {OperationError} If there is one of that name.
   */
  createToken(name: string, isReadOnly: boolean): ApiToken & { readonly token: string } {
    const token = generateApiToken();
    const row = { id: crypto.randomUUID(), name, hash: hashToken(token), isReadOnly, createdAt: this.#now() };
    try {
      this.#options.store.tokens.insert(row);
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === "conflict")) throw error;
      throw new OperationError("conflict", `there is a token with the name ${JSON.stringify(name)} already`);
    }
    return { ...shownToken({ ...row, usedAt: undefined }), token };
  }

  /**
   * Makes an API token invalid.
   *
   * @param reference Its id or its name.
   * @throws {OperationError} If there is none.
   */
  revokeToken(reference: string): void {
    const { tokens } = this.#options.store;
    const row = tokens.get(reference);
    if (row === undefined) throw new OperationError("unknown", `there is no token ${JSON.stringify(reference)}`);
    tokens.delete(row.id);
    this.#revoke(({ token }) => token === row.id);
  }

  /** Lists the browsers that have signed in. */
  listSignIns(caller: Caller): SignIn[] {
    return this.#options.store.signIns.list(this.#now()).map((row) => shownSignIn(row, caller));
  }

  /**
   * Ends a sign-in.
   *
   * @throws {OperationError} If there is none of that id.
   */
  revokeSignIn(id: string): void {
    if (!this.#options.store.signIns.delete(id)) {
      throw new OperationError("unknown", `there is no sign-in ${JSON.stringify(id)}`);
    }
    this.#revoke(({ signIn }) => signIn === id);
  }

  /**
   * Ends the connections and the sign-ins of those who had the hub's former token.
   *
   * @param at When it was replaced, in milliseconds since the epoch.
   */
  hubTokenReplaced(at: number): void {
    this.#options.store.signIns.deleteBefore("token" satisfies SignInWay, at);
    this.#revoke(({ way }) => way === "token");
  }

  /** Returns how long a sign-in still lasts if it is not used, in milliseconds; 0 or less if it has ended. */
  timeLeft(signIn: string): number {
    return (this.#options.store.signIns.expiryOf(signIn) ?? 0) - this.#now();
  }

  /** Calls a listener when somebody may not talk to the hub any more, until the result is disposed of. */
  onRevoked(listener: (isRevoked: (caller: Caller) => boolean) => void): Disposable {
    this.#revocations.add(listener);
    return { [Symbol.dispose]: () => void this.#revocations.delete(listener) };
  }

  /** Ends what still runs. */
  [Symbol.dispose](): void {
    this.#credentials[Symbol.dispose]();
  }

  #store({ user, way, isViewer, token }: Proven, cookie: string, pageKey: string, browser: Browser): void {
    const { store: { signIns } } = this.#options;
    const now = this.#now();
    signIns.deleteExpired(now);
    signIns.insert({
      id: crypto.randomUUID(),
      cookieHash: hashCookie(cookie, browser.scheme),
      pageKeyHash: hashToken(pageKey),
      user,
      way,
      token,
      isViewer,
      address: browser.address,
      agent: browser.agent,
      createdAt: now,
      usedAt: now,
      expiresAt: now + SIGN_IN_MS,
    });
  }

  #renew({ id, usedAt }: SignInRow): boolean {
    const now = this.#now();
    if (now - usedAt < USE_MS) return false;
    this.#options.store.signIns.renew(id, now, now + SIGN_IN_MS);
    return true;
  }

  #revoke(isRevoked: (caller: Caller) => boolean): void {
    for (const listener of this.#revocations) listener(isRevoked);
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

/**
 * Returns the hash by which a sign-in is found. A cookie that came over http is none over https: there it would count
 * without the key of our page, and any program of this machine may say that it comes over https, if a proxy of this
 * machine may.
 */
function hashCookie(cookie: string, scheme: Scheme): string {
  return hashToken(scheme === "https" ? `https:${cookie}` : cookie);
}

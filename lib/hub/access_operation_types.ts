/**
 * The operations about who may use the hub: their parameters and results.
 *
 * @module
 */

import type { Done } from "./done.ts";

/** A named API token. */
export interface ApiToken {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Whether who has it may only look. */
  readonly read_only: boolean;
  /** When it was made. */
  readonly created_at: string;
  /** When it was last used, to the minute; absent if never. */
  readonly used_at?: string;
}

/** A browser that has signed in. */
export interface SignIn {
  /** Its id. */
  readonly id: string;
  /** Who signed in. */
  readonly user: string;
  /** How they signed in. */
  readonly way: string;
  /** Whether they may only look. */
  readonly read_only: boolean;
  /** The network address. */
  readonly address: string;
  /** What the browser calls itself. */
  readonly agent: string;
  /** When they signed in. */
  readonly created_at: string;
  /** When the sign-in was last used, to the minute. */
  readonly used_at: string;
  /** When it ends unless it is used. */
  readonly expires_at: string;
  /** Whether it is the one that asks. */
  readonly is_current: boolean;
}

/** A change, and who made it. */
export interface AuditEntry {
  /** Its number. */
  readonly id: number;
  /** When. */
  readonly at: string;
  /** Who. */
  readonly who: string;
  /** How they had signed in. */
  readonly way: string;
  /** From which network address; absent on the hub's own socket. */
  readonly address?: string;
  /** The operation. */
  readonly what: string;
  /** What it was about, such as a session. */
  readonly target?: string;
  /** `ok`, or the kind of the failure. */
  readonly result: string;
}

/** What a browser gets when it has signed in, beside its cookie. */
export interface SignedIn {
  /** What the page keeps, and sends with every request. */
  readonly page_key: string;
  /** Who signed in. */
  readonly user: string;
  /** How they signed in. */
  readonly way: string;
  /** Whether they may only look. */
  readonly read_only: boolean;
}

/** The parameters and the result of each operation about who may use the hub. */
export interface AccessOperations {
  /** Lists the named API tokens, without the tokens themselves. */
  readonly "tokens.list": { params: Record<never, never>; result: readonly ApiToken[] };
  /** Makes a named API token, which is shown this once. */
  readonly "tokens.create": {
    params: { readonly name: string; readonly read_only?: boolean | undefined };
    result: ApiToken & { readonly token: string };
  };
  /** Makes an API token invalid, and ends the sign-ins with it. */
  readonly "tokens.revoke": { params: { readonly token_name: string }; result: Done };
  /** Lists the browsers that have signed in, the one that was used last first. */
  readonly "sign_ins.list": { params: Record<never, never>; result: readonly SignIn[] };
  /** Ends a sign-in. */
  readonly "sign_ins.revoke": { params: { readonly sign_in_id: string }; result: Done };
  /** Lists changes, and who made them, the newest first. */
  readonly "audit.list": {
    params: {
      readonly limit?: number | undefined;
      readonly before?: number | undefined;
      readonly what?: string | undefined;
      readonly who?: string | undefined;
    };
    result: readonly AuditEntry[];
  };
  /** Signs a browser in: with a token, a password, or the code of a sign-in link. */
  readonly "auth.sign_in": {
    params: {
      readonly token?: string | undefined;
      readonly password?: string | undefined;
      readonly user?: string | undefined;
      readonly code?: string | undefined;
    };
    result: SignedIn;
  };
  /** Signs the browser out, or everybody. */
  readonly "auth.sign_out": { params: { readonly everywhere?: boolean | undefined }; result: Done };
  /** Makes a link that signs a browser in once. */
  readonly "auth.link": { params: Record<never, never>; result: { readonly code: string; readonly url?: string } };
}

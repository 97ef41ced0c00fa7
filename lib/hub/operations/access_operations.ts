/**
 * The operations about who may talk to the hub, and who did what.
 *
 * @module
 */

import * as v from "valibot";
import { operation } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import { apiToken, auditEntry, count, done, limit, newApiToken, signedIn, signIn, text } from "../schemas.ts";
import { DONE, nothing } from "./shared.ts";

/** How many entries of the audit a list has by default. */
const DEFAULT_LIMIT = 100;
/** The longest secret that is looked at, in characters. */
const MAX_SECRET = 1024;

const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_SECRET));
/** A name that fits into a table, and that nobody mistakes for another one. */
const tokenName = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "must consist of up to 64 letters, digits, dots, dashes and underscores",
  ),
);

/** The operations about who may talk to the hub, and who did what. */
export const accessOperations = [
  operation({
    name: "auth.sign_in",
    summary: "sign a browser in, with a token, a password or the code of a sign-in link",
    isChange: true,
    isHttpOnly: true,
    isPublic: true,
    isForViewers: true,
    http: { method: "POST", path: "/api/sign-in" },
    params: v.strictObject({
      token: v.optional(secret),
      password: v.optional(secret),
      user: v.optional(text),
      code: v.optional(secret),
    }),
    result: signedIn,
    doneBy: ({ user, way }) => ({ who: user, way }),
    run({ access, browser }, params) {
      if (browser === undefined) throw new OperationError("refused", "only a browser can sign in");
      return access.signIn(params, browser);
    },
  }),
  operation({
    name: "auth.sign_out",
    summary: "sign the browser out; with everywhere, everybody",
    isChange: true,
    isHttpOnly: true,
    isForViewers: true,
    http: { method: "POST", path: "/api/sign-out" },
    params: v.strictObject({ everywhere: v.optional(v.boolean()) }),
    result: done,
    run({ access, caller, browser }, { everywhere }) {
      access.signOut(caller, browser, everywhere ?? false);
      return DONE;
    },
  }),
  operation({
    name: "auth.link",
    summary: "make a link that signs a browser in once, within ten minutes",
    isChange: true,
    params: nothing,
    result: v.object({ code: v.string(), url: v.exactOptional(v.string()) }),
    run: ({ access }) => access.createLink(),
  }),
  operation({
    name: "tokens.list",
    summary: "list the named API tokens",
    isChange: false,
    http: { method: "GET", path: "/api/tokens" },
    params: nothing,
    result: v.array(apiToken),
    run: ({ access }) => access.listTokens(),
  }),
  operation({
    name: "tokens.create",
    summary: "make a named API token, which is shown this once",
    isChange: true,
    http: { method: "POST", path: "/api/tokens", status: 201 },
    params: v.strictObject({ name: tokenName, read_only: v.optional(v.boolean()) }),
    result: newApiToken,
    run: ({ access }, { name, read_only }) => access.createToken(name, read_only ?? false),
  }),
  operation({
    name: "tokens.revoke",
    summary: "make an API token invalid, and end the sign-ins with it",
    isChange: true,
    http: { method: "DELETE", path: "/api/tokens/:token", pathParams: { token: "token_name" } },
    params: v.strictObject({ token_name: text }),
    result: done,
    run({ access }, { token_name }) {
      access.revokeToken(token_name);
      return DONE;
    },
  }),
  operation({
    name: "sign_ins.list",
    summary: "list the browsers that have signed in",
    isChange: false,
    http: { method: "GET", path: "/api/sign-ins" },
    params: nothing,
    result: v.array(signIn),
    run: ({ access, caller }) => access.listSignIns(caller),
  }),
  operation({
    name: "sign_ins.revoke",
    summary: "end a sign-in",
    isChange: true,
    http: { method: "DELETE", path: "/api/sign-ins/:id", pathParams: { id: "sign_in_id" } },
    params: v.strictObject({ sign_in_id: text }),
    result: done,
    run({ access }, { sign_in_id }) {
      access.revokeSignIn(sign_in_id);
      return DONE;
    },
  }),
  operation({
    name: "audit.list",
    summary: "list changes and who made them, the newest first",
    isChange: false,
    http: { method: "GET", path: "/api/audit" },
    params: v.strictObject({
      limit: v.optional(limit),
      before: v.optional(count),
      what: v.optional(text),
      who: v.optional(text),
    }),
    result: v.array(auditEntry),
    run: ({ store }, { limit = DEFAULT_LIMIT, before, what, who }) =>
      store.audit.list({ limit, before, what, who }).map(({ at, address, target, ...entry }) => ({
        ...entry,
        at: new Date(at).toISOString(),
        ...(address === undefined ? {} : { address }),
        ...(target === undefined ? {} : { target }),
      })),
  }),
];

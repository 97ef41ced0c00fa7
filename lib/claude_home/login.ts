/**
 * The person's own login at the vendor, as the agent CLI keeps it. It opens the person's whole account: it is handed on
 * to nobody but the vendor, and stands in no message.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { errnoCode, errnoText } from "../system/errno.ts";
import { NotRegularError, readRegularFile } from "../system/regular_file.ts";
import { tryDecodeUtf8 } from "../system/utf8.ts";

/** There is no login that can be used; the message says why and what to do. */
export class LoginError extends ClaustrumError {}

/** A login. */
export interface Login {
  /** The token. */
  readonly token: string;
  /** The organization that it belongs to. */
  readonly organization: string;
}

const MAX_BYTES = 64 << 20;
/** What a header can carry; nothing else is a token. */
const VISIBLE = /^[!-~]+$/;
const SIGN_IN = "sign in with: claude auth login";

/**
 * Reads the login: the token of `.claude/.credentials.json`, and the organization of `.claude.json`. That the CLI keeps
 * them there was seen, and is not documented by its vendor.
 *
 * @param home The user's home directory.
 * @param now Milliseconds since the epoch.
 * @throws {LoginError} If there is none, or it is no longer valid.
 */
export async function readLogin(home: string, now: number): Promise<Login> {
  const path = `${home}/.claude/.credentials.json`;
  const oauth = member(await readJson(path), "claudeAiOauth");
  const { accessToken: token, expiresAt } = oauth ?? {};
  if (typeof token !== "string" || !VISIBLE.test(token)) throw new LoginError(`${path} contains no login: ${SIGN_IN}`);
  if (typeof expiresAt === "number" && expiresAt <= now) {
    const renew = "use claude once, which renews it, or sign in again with: claude auth login";
    throw new LoginError(`the login in ${path} is valid no longer: ${renew}`);
  }
  const account = member(await readJson(`${home}/.claude.json`), "oauthAccount");
  const organization = account?.["organizationUuid"];
  if (typeof organization === "string" && VISIBLE.test(organization)) return { token, organization };
  throw new LoginError(`${home}/.claude.json names no organization: ${SIGN_IN}`);
}

/** The errors of the JSON parser quote what they do not understand, so that they are not passed on. */
async function readJson(path: string): Promise<unknown> {
  try {
    const bytes = await readRegularFile(path, MAX_BYTES);
    const text = bytes === undefined ? undefined : tryDecodeUtf8(bytes);
    if (text !== undefined) return JSON.parse(text);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new LoginError(`${path} does not exist: ${SIGN_IN}`);
    if (error instanceof NotRegularError) throw new LoginError(`cannot read ${path}: ${error.message}`);
    if (errnoCode(error) !== undefined) throw new LoginError(`cannot read ${path}: ${errnoText(error)}`);
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new LoginError(`${path} is not valid JSON: ${SIGN_IN}`);
}

function member(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  const inner: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof inner === "object" && inner !== null ? { ...inner } : undefined;
}

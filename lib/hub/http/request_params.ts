/**
 * Reads the parameters of an operation from a request: from its path, its query and its body.
 *
 * @module
 */

import { concat } from "../../system/io.ts";
import type { HttpPlace } from "../operation.ts";
import { OperationError } from "../operation_error.ts";
import type { Schema } from "../schemas.ts";

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 8 << 20;
/** The largest body of somebody who has not signed in, in bytes: bodies occupy memory, and anybody may send many. */
export const MAX_GUEST_BODY_BYTES = 64 << 10;
/** How deep the values of a body may nest. */
const MAX_DEPTH = 200;

/** What texts of a path or a query are converted to. */
type TextKind = "number" | "boolean" | "string";

/** Reads the parameters of one operation. */
export interface ParamReader {
  /** Reads the parameters of a request. */
  (parts: Readonly<Record<string, string>>, query: URLSearchParams, body: unknown): unknown;
}

/** A request whose body cannot be read; the status says how. */
export class BodyError extends OperationError {
  /** The status of the response. */
  readonly status: 400 | 408 | 413 | 415;

  /** @param message A sentence for the user. */
  constructor(status: 400 | 408 | 413 | 415, message: string) {
    super(status === 413 ? "too_large" : "bad_params", message);
    this.status = status;
  }
}

/**
 * Makes a function that reads the parameters of an operation. What is in the path is taken from there; the rest comes
 * from the query of a GET and from the body of all others.
 */
export function paramReader({ method, pathParams = {} }: HttpPlace, schema: Schema<unknown>): ParamReader {
  const kinds = textKinds(schema);
  const names = Object.entries(pathParams);
  return (parts, query, body) => {
    const params: Record<string, unknown> = Object.create(null);
    if (method === "GET") readQuery(query, kinds, params);
    else readBody(query, body, params);
    for (const [part, name] of names) {
      const value = convert(parts[part] ?? "", kinds.get(name));
      if (name in params && params[name] !== value) {
        throw new OperationError("bad_params", `the body says another ${JSON.stringify(name)} than the path`);
      }
      params[name] = value;
    }
    return Object.fromEntries(Object.entries(params));
  };
}

function readQuery(
  query: URLSearchParams,
  kinds: ReadonlyMap<string, TextKind>,
  params: Record<string, unknown>,
): void {
  for (const [name, value] of query) {
    if (name in params) throw new OperationError("bad_params", `the query has ${JSON.stringify(name)} twice`);
    params[name] = convert(value, kinds.get(name));
  }
}

function readBody(query: URLSearchParams, body: unknown, params: Record<string, unknown>): void {
  const [first] = query.keys();
  if (first !== undefined) {
    throw new OperationError("bad_params", `the query has ${JSON.stringify(first)}: parameters belong into the body`);
  }
  if (body === undefined) return;
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new OperationError("bad_params", "the body must be a JSON object");
  }
  Object.assign(params, body);
}

function convert(value: string, kind: TextKind | undefined): unknown {
  if (kind === "number" && /^\d{1,16}$/.test(value)) return Number(value);
  if (kind === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

/** What is read of a schema. */
interface SchemaNode {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
}

function textKinds(schema: unknown): ReadonlyMap<string, TextKind> {
  const { entries = {} } = schema as SchemaNode;
  const kinds = Object.entries(entries).map(([name, node]): [string, TextKind] => {
    const { type } = node.wrapped ?? node;
    return [name, type === "number" || type === "boolean" ? type : "string"];
  });
  return new Map(kinds);
}

/**
 * Reads a JSON body.
 *
 * @param most How many bytes it may have.
 * @param signal Aborts the reading, as when the body does not come in time.
 * @returns `undefined` if there is none.
 * @throws {BodyError} If it is too large, comes too slowly, or is no JSON.
 */
export async function readJsonBody(request: Request, most: number, signal: AbortSignal): Promise<unknown> {
  if (request.body === null) return undefined;
  const type = request.headers.get("content-type");
  const length = Number(request.headers.get("content-length") ?? Number.NaN);
  if (length === 0) return undefined;
  if (length > most) throw tooLarge(most);
  const text = await readText(request.body, most, signal);
  if (text === "") return undefined;
  if (type === null || !/^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new BodyError(415, "send the body as application/json (curl: --json)");
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!isShallow(value, MAX_DEPTH)) throw new BodyError(400, "the body is nested too deeply");
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new BodyError(400, `the body is not valid JSON: ${error.message}`);
  }
}

function tooLarge(most: number): BodyError {
  return new BodyError(413, `a body may have ${most} bytes at most`);
}

async function readText(body: ReadableStream<Uint8Array>, most: number, signal: AbortSignal): Promise<string> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {}); // the client has gone already
  signal.addEventListener("abort", cancel, { once: true });
  const parts: Uint8Array[] = [];
  let total = 0;
  try {
    for (let part = await readPart(reader); !part.done; part = await readPart(reader)) {
      total += part.value.length;
      if (total > most) {
        cancel();
        throw tooLarge(most);
      }
      parts.push(part.value);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
  if (signal.aborted) throw new BodyError(408, "the body did not arrive in time");
  return decode(parts);
}

async function readPart(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  try {
    return await reader.read();
  } catch (error) {
    // The runtime throws errors of several classes here; all mean that the client has gone or has sent less than it said.
    if (!(error instanceof Error)) throw error;
    throw new BodyError(400, "the body ended too early");
  }
}

function decode(parts: readonly Uint8Array[]): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(concat(parts));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new BodyError(400, "the body is not valid UTF-8");
  }
}

/** Whether no value is nested deeper than a limit. It does not recurse: JSON may be nested deeper than the stack. */
function isShallow(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return false;
    level = level.flatMap((each) => typeof each === "object" && each !== null ? Object.values(each) : []);
  }
  return true;
}

const NO_QUERY = new URLSearchParams();

/** Returns the query of a request. */
export function queryOf({ url }: Request): URLSearchParams {
  const start = url.indexOf("?");
  if (start < 0) return NO_QUERY;
  const end = url.indexOf("#", start);
  return new URLSearchParams(url.slice(start + 1, end < 0 ? undefined : end));
}

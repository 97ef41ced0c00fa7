/**
 * Computes the valid replies of a daemon to given lines. Of the daemon's own code it uses only the table of
 * methods.
 *
 * @module
 */

import { type GenerationName, GENERATIONS } from "../../lib/contract/generation.ts";
import { methodNames, METHODS, type MethodSpec, type ResultShape } from "../../lib/rpc/protocol.ts";
import { NEXT_METHODS } from "../../lib/rpc/protocol_next.ts";
import { expect, Finding } from "./target.ts";
import { type FuzzLine, isFuzzId } from "./request_lines.ts";

const MAX_DEPTH = 10_000;
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT_DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const KEYS = new Set(["jsonrpc", "id", "method", "params", "auth", "more"]);
/** The errors of the envelope; a method does not reply with them. */
const ENVELOPE_ERRORS = [-32700, -32600, -32601, -32001];
/** The methods outside of `server` that need no params. */
const WITHOUT_PARAMS = ["plugins.prune"];

/** Returns the methods of a generation of the contract, with those of the extensions. */
function methodsOf(served: GenerationName): Readonly<Record<string, MethodSpec>> {
  const names = [...GENERATIONS[served].methods, ...methodNames("extensions")];
  const own = served === "next" ? NEXT_METHODS : {};
  return Object.fromEntries(names.map((name) => [name, own[name] ?? METHODS[name]!]));
}

const KNOWN = { seed: methodsOf("seed"), next: methodsOf("next") } as const;

/** The expected reply to a line. */
export type Expectation =
  | { readonly kind: "parse error" }
  | { readonly kind: "error"; readonly id: string; readonly code: number }
  | { readonly kind: "answer"; readonly id: string; readonly method: string }
  /** One reply of any kind. */
  | { readonly kind: "any" };

interface Reply {
  readonly id: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Returns the expected reply to the bytes of a line without newlines. */
export function expectationOf(
  bytes: Uint8Array,
  { id, isClean }: FuzzLine,
  token: string,
  contract: GenerationName = "seed",
): Expectation {
  const text = DECODER.decode(bytes);
  let top: Record<string, unknown>;
  try {
    top = JSON.parse(text);
  } catch {
    return { kind: "parse error" };
  }
  if (top !== null && (typeof top !== "object" || Array.isArray(top))) return { kind: "parse error" };
  const isKnown = isClean && top?.["id"] === id && Object.keys(top).every((key) => KEYS.has(key));
  if (!isKnown) return { kind: "any" };
  for (const key of ["jsonrpc", "method", "auth"]) {
    if (!["string", "undefined"].includes(typeof (top[key] ?? undefined))) return { kind: "parse error" };
  }
  if (depthOf(text) > MAX_DEPTH) return { kind: "parse error" };
  const code = envelopeError(top, token, contract);
  if (code !== undefined) return { kind: "error", id, code };
  return { kind: "answer", id, method: String(top["method"]) };
}

/** Applies the contract's order of checks. */
function envelopeError(
  { jsonrpc, method, params, auth }: Record<string, unknown>,
  token: string,
  contract: GenerationName,
): number | undefined {
  const { namespaces, openMethods } = GENERATIONS[contract];
  if (auth !== token && !openMethods.includes(String(method))) return -32001;
  if (jsonrpc !== "2.0") return -32600;
  const namespace = String(method ?? "").split(".")[0]!;
  const isKnown = Object.hasOwn(KNOWN[contract], String(method)) && namespaces.includes(namespace);
  if (!isKnown) return -32601;
  const needsParams = namespace !== "server" && !WITHOUT_PARAMS.includes(String(method));
  return params === undefined && needsParams ? -32602 : undefined;
}

function depthOf(json: string): number {
  let [depth, deepest, isInString] = [0, 0, false];
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (isInString) {
      if (char === "\\") i++;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === "{" || char === "[") deepest = Math.max(deepest, ++depth);
    else if (char === "}" || char === "]") depth--;
  }
  return deepest;
}

/** Checks everything that a daemon sent on a connection against the expected replies. */
export function checkOutput(
  output: Uint8Array,
  expected: readonly Expectation[],
  contract: GenerationName = "seed",
): void {
  const text = STRICT_DECODER.decode(output);
  expect(text === "" || text.endsWith("\n"), () => `the last line has no end: ${JSON.stringify(text.slice(-200))}`);
  const replies = text.split("\n").slice(0, -1).flatMap((line) => checkLine(line, contract));
  expect(replies.length === expected.length, () => `${expected.length} replies expected, ${replies.length} came`);
  const byId = new Map<string, Reply>();
  for (const reply of replies) {
    if (typeof reply.id !== "string" || !isFuzzId(reply.id)) continue;
    expect(!byId.has(reply.id), () => `"${reply.id}" was answered twice`);
    byId.set(reply.id, reply);
  }
  const parseErrors = replies.filter(({ error }) => error?.code === -32700);
  expect(parseErrors.every(({ id }) => id === null), () => "a parse error has an id");
  const sure = expected.filter(({ kind }) => kind === "parse error").length;
  const unsure = expected.filter(({ kind }) => kind === "any").length;
  const isRight = parseErrors.length >= sure && parseErrors.length <= sure + unsure;
  expect(isRight, () => `${sure} parse errors expected, ${parseErrors.length} came`);
  for (const one of expected) if ("id" in one) checkReply(one, byId.get(one.id), contract);
}

/** Returns the reply in a line; a stream frame has none. */
function checkLine(line: string, contract: GenerationName): Reply[] {
  expect(!/[<>&\u2028\u2029]/.test(line), () => `not escaped: ${line.slice(0, 500)}`);
  let message: Reply & Record<string, unknown>;
  try {
    message = JSON.parse(line);
  } catch (error) {
    throw new Finding(`no JSON: ${line.slice(0, 500)}`, { cause: error });
  }
  if (line.startsWith('{"type":"stream",')) {
    checkFrame(line);
    return [];
  }
  const isOk = /^\{"jsonrpc":"2\.0","id":.+,"(result|error)":\{.*\}\}$/.test(line);
  expect(isOk && Object.keys(message).length === 3, () => `no reply: ${line.slice(0, 500)}`);
  if (message.error !== undefined) {
    const { code, message: said, ...more } = message.error;
    const isKnown = GENERATIONS[contract].errorCodes.includes(code) && typeof said === "string" &&
      Object.keys(more).length === 0;
    expect(isKnown, () => `no error of the contract: ${line}`);
    expect(!said.startsWith("recovered panic"), () => said);
  }
  return [message];
}

const FRAME =
  /^\{"type":"stream","processId":"[^"]*","stream":"(stdout|stderr)","seq":\d+,"data":"[A-Za-z0-9+/]*=*"\}$/;
const EXIT =
  /^\{"type":"stream","processId":"[^"]*","stream":"exit","seq":\d+,"exitCode":-?\d+(,"signal":"[A-Z]+")?(,"killedBy":"client")?\}$/;
const DETACHED = /^\{"type":"stream","processId":"[^"]*","stream":"detached","seq":\d+,"reason":"(taken|gone)"\}$/;

function checkFrame(line: string): void {
  const plain = line.replaceAll('\\"', "");
  const isFrame = [FRAME, EXIT, DETACHED].some((shape) => shape.test(plain));
  expect(isFrame, () => `no frame: ${line.slice(0, 500)}`);
}

function checkReply(
  expected: Exclude<Expectation, { kind: "any" | "parse error" }>,
  reply: Reply | undefined,
  contract: GenerationName,
): void {
  expect(reply !== undefined, () => `no answer to "${expected.id}"`);
  if (expected.kind === "error") {
    expect(reply.error?.code === expected.code, () => `${expected.code} expected: ${JSON.stringify(reply)}`);
    return;
  }
  const { error, result } = reply;
  if (error !== undefined) {
    expect(!ENVELOPE_ERRORS.includes(error.code), () => `not to be refused: ${JSON.stringify(reply)}`);
    return;
  }
  checkShape(result!, KNOWN[contract][expected.method]!.result ?? {}, expected.method);
}

/** Checks that fields are in order and have their types, and that only optional ones are missing. */
function checkShape(value: Record<string, unknown>, shape: ResultShape, where: string): void {
  const wrong = () => `not the shape of ${where}: ${JSON.stringify(value).slice(0, 500)}`;
  const keys = Object.keys(value);
  expect(Object.keys(shape).filter((key) => keys.includes(key)).join() === keys.join(), wrong);
  for (const [key, kind] of Object.entries(shape)) {
    const field = value[key];
    if (typeof kind !== "string") {
      expect(Array.isArray(field), wrong);
      for (const item of field) checkShape(item, kind[0], `${where} ${key}`);
      continue;
    }
    const isMissing = field === undefined && kind.endsWith("?");
    expect(isMissing || isOfKind(field, kind.replace("?", "")), wrong);
  }
}

function isOfKind(field: unknown, kind: string): boolean {
  if (kind === "strings") return Array.isArray(field) && field.every((item) => isOfKind(item, "string"));
  const actual = typeof field;
  return actual === kind;
}

/**
 * Masks the token and the secrets of environments in the wire log, however they are written and wherever they are cut
 * (contract: Wire log).
 *
 * @module
 */

import { decodeBase64 } from "../../rpc/base64.ts";
import { isJsonObject } from "../../system/json_object.ts";

const MASK = "***";
/** Matches the names of variables whose values are secret. */
const SECRET_NAME = /TOKEN|SECRET|PASS|KEY|AUTH|CREDENTIAL|COOKIE|PRIVATE/i;
/** A shorter piece of the token at the end of a text reveals nothing, and often occurs by chance. */
const MIN_PIECE = 4;
/** Values that are nested deeper are left out, because walking them would overflow the stack. */
const MAX_DEPTH = 100;
/** How many unfinished pieces of streams and of lines are remembered. */
const MAX_UNFINISHED = 1_000;

const ENCODER = new TextEncoder();
const LATIN1 = new TextDecoder("latin1");

/** The origin of a line. */
export interface Origin {
  /** The direction of the frame. */
  readonly direction: "in" | "out";
  /** The number of its connection. */
  readonly conn: number;
  /** Whether it is only the beginning of the line. @default {false} */
  readonly isCut?: boolean;
}

/** Masks the lines of a log in order: a secret that is cut off in one line may continue in the next. */
export type LineMask = (line: string, origin: Origin) => unknown;

/**
 * Creates the mask of a log.
 *
 * @param token The token, which is masked wherever it occurs.
 * @returns Returns the JSON value of a line, or the text of a line that is not JSON.
 */
export function lineMask(token: string): LineMask {
  const inText = (text: string) => token === "" ? text : text.replaceAll(token, MASK);
  const inData = dataMask(token);
  const inBroken = brokenLineMask(token);
  return (line, origin) => {
    const value = tryParse(line);
    // A lone number or string may be a piece of a broken line.
    if (typeof value !== "object" || value === null) return inBroken.mask(line, origin);
    inBroken.forget(origin);
    // An object that is no frame may be a piece of one, such as an environment.
    const isFrame = "jsonrpc" in value || "type" in value || Array.isArray(value);
    return maskJson(withMaskedData(isFrame ? value : withoutSecrets(value), origin, inData), inText, 0);
  };
}

function tryParse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function maskJson(value: unknown, inText: (text: string) => string, depth: number): unknown {
  if (typeof value === "string") return inText(value);
  if (typeof value === "number") return inText(String(value)) === String(value) ? value : MASK;
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH) return "...";
  if (Array.isArray(value)) return value.map((item) => maskJson(item, inText, depth + 1));
  return mapMembers(value, (key, member) => {
    const name = key.toLowerCase();
    if (name === "auth") return [inText(key), MASK];
    const isEnvironment = name === "env" && isJsonObject(member);
    return [inText(key), maskJson(isEnvironment ? withoutSecrets(member) : member, inText, depth + 1)];
  });
}

function withoutSecrets(environment: object): object {
  return mapMembers(environment, (name, value) => [name, SECRET_NAME.test(name) ? MASK : value]);
}

/** Returns an object with changed members, in the same order. */
export function mapMembers(object: object, change: (key: string, value: unknown) => [string, unknown]): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => change(key, value)));
}

/** Masks the base64 data of a process; pieces of data with the same `stream` follow each other. */
type DataMask = (data: string, stream: string) => string;

function withMaskedData(value: object, { direction, conn }: Origin, mask: DataMask): object {
  if (!isJsonObject(value)) return value;
  const { data, processId, stream, params } = value;
  if (direction === "out" && typeof data === "string") {
    return { ...value, data: mask(data, `out ${conn} ${stream} ${processId}`) };
  }
  if (direction === "in" && isJsonObject(params) && typeof params["data"] === "string") {
    return { ...value, params: { ...params, data: mask(params["data"], `in ${conn} ${params["id"]}`) } };
  }
  return value;
}

function dataMask(token: string): DataMask {
  const secret = LATIN1.decode(ENCODER.encode(token));
  /** How many characters of the token each stream ends with so far. */
  const begun = new Unfinished<number>();
  return (data, stream) => {
    const bytes = tryDecodeBase64(data);
    if (bytes === undefined) return data;
    const text = LATIN1.decode(bytes);
    const masked = maskRun(text, secret, begun.get(stream) ?? 0);
    begun.set(stream, masked.begun > 0 ? masked.begun : undefined);
    return masked.text === text ? data : btoa(masked.text);
  };
}

function tryDecodeBase64(data: string): Uint8Array | undefined {
  try {
    return decodeBase64(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Masks a secret in one piece of a longer text.
 *
 * @param begun How many characters of the secret the pieces before end with.
 * @returns The masked piece, and `begun` for the next piece.
 */
function maskRun(text: string, secret: string, begun: number): { text: string; begun: number } {
  if (secret === "") return { text, begun: 0 };
  const whole = secret.slice(0, begun) + text;
  let masked = "";
  let at = begun;
  let free = 0;
  for (let found = whole.indexOf(secret); found >= 0; found = whole.indexOf(secret, free)) {
    masked += whole.slice(at, Math.max(at, found)) + MASK;
    at = free = found + secret.length;
  }
  const end = overlap(whole.slice(free), secret);
  if (end < MIN_PIECE) return { text: masked + whole.slice(at), begun: end };
  return { text: masked + whole.slice(at, Math.max(at, whole.length - end)) + MASK, begun: end };
}

/** Returns how many characters of a text's end are the beginning of a secret, but not the whole secret. */
function overlap(text: string, secret: string): number {
  let length = Math.min(text.length, secret.length - 1);
  while (length > 0 && !text.endsWith(secret.slice(0, length))) length--;
  return length;
}

/** The end of a broken line, which the next line of the connection may continue. */
interface Unended {
  /** Whether the line ends inside a JSON value, so that the next line may be any part of that value. */
  readonly isOpen: boolean;
  /** An incomplete escape at the end of the line. */
  readonly escape: string;
  /** How many characters of the token the line ends with. */
  readonly begun: number;
}

/** Masks lines that are not JSON, but may be a piece of it or almost valid. */
function brokenLineMask(token: string) {
  const unended = new Unfinished<Unended>();
  const keyOf = ({ direction, conn }: Origin) => `${direction} ${conn}`;
  return {
    mask(line: string, origin: Origin): string {
      const { isOpen = false, escape = "", begun = 0 }: Partial<Unended> = unended.get(keyOf(origin)) ?? {};
      if (isOpen && !line.trimStart().startsWith("{")) return MASK;
      const whole = escape + line;
      const half = HALF_ESCAPE.exec(whole)?.[0] ?? "";
      const values = maskSecretValues(whole.slice(0, whole.length - half.length));
      const run = maskRun(decodeEscapes(values.text), token, begun);
      const next = { isOpen: values.isOpen, escape: half, begun: run.begun };
      unended.set(keyOf(origin), origin.isCut === true ? undefined : next);
      return run.text + half;
    },
    forget: (origin: Origin) => unended.set(keyOf(origin), undefined),
  };
}

/** An odd number of backslashes, or an escape that lacks some digits. */
const HALF_ESCAPE = /(?<=(?:^|[^\\])(?:\\\\)*)\\(?:u[0-9a-f]{0,3})?$/i;
const ESCAPE = /\\(?:u([0-9a-f]{4})|(.))/gis;

/** Decodes the escapes of a text. */
function decodeEscapes(text: string): string {
  return text.replace(ESCAPE, (escape, code: string | undefined, char: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
    return char !== undefined && `"'\\/`.includes(char) ? char : escape;
  });
}

/** Masks the values of members whose names look secret; `isOpen` says whether the text ends inside an object. */
function maskSecretValues(line: string): { text: string; isOpen: boolean } {
  let text = "";
  let isSecret = false;
  let depth = 0;
  for (let at = 0; at < line.length;) {
    const start = nextQuote(line, at);
    const between = maskBareValues(line.slice(at, start), isSecret);
    text += between.text;
    depth += balance(between.text);
    if (start === line.length) return { text, isOpen: depth > 0 || between.isSecret };
    const end = endOfLiteral(line, start + 1, line[start]!);
    const content = line.slice(start + 1, end);
    isSecret = between.isSecret;
    text += line[start] + (isSecret ? MASK : content) + (line[end] ?? "");
    if (end === line.length) return { text, isOpen: true };
    isSecret = !isSecret && SECRET_NAME.test(decodeEscapes(content));
    at = end + 1;
  }
  return { text, isOpen: depth > 0 || isSecret };
}

/** Returns how many more objects and lists begin than end. */
function balance(text: string): number {
  const count = (brackets: RegExp) => text.match(brackets)?.length ?? 0;
  return count(/[{[]/g) - count(/[}\]]/g);
}

function nextQuote(line: string, from: number): number {
  const found = line.slice(from).search(/["']/);
  return found < 0 ? line.length : from + found;
}

/** Returns the position of a literal's closing quote, or the end of the line if there is none. */
function endOfLiteral(line: string, from: number, quote: string): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if (line[at] === quote) return at;
  }
  return line.length;
}

const BARE_VALUE = /([\w-]*)(\s*[:=]\s*)([^\s,}\]]*)/g;

/**
 * Masks values without quotes.
 *
 * @param isSecret Whether a name that looks secret precedes the text.
 * @returns The masked text, and whether a name that looks secret precedes the value after it.
 */
function maskBareValues(text: string, isSecret: boolean): { text: string; isSecret: boolean } {
  let isNextSecret = false;
  const masked = text.replace(BARE_VALUE, (all, name: string, colon: string, value: string, at: number) => {
    const isHidden = SECRET_NAME.test(name) || (isSecret && name === "" && text.slice(0, at).trim() === "");
    isNextSecret = isHidden && value === "" && at + all.length === text.length;
    return isHidden && value !== "" ? name + colon + MASK : all;
  });
  return { text: masked, isSecret: isNextSecret };
}

/** Unfinished values by name; when there are too many, the oldest are dropped. */
class Unfinished<V> {
  readonly #entries = new Map<string, V>();

  get(name: string): V | undefined {
    return this.#entries.get(name);
  }

  set(name: string, value: V | undefined): void {
    this.#entries.delete(name);
    if (value === undefined) return;
    this.#entries.set(name, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_UNFINISHED) this.#entries.delete(oldest!);
  }
}

/**
 * Base64 decoding by the rules of the contract (contract: Process methods, `process.stdin`): the standard alphabet,
 * padding required, line breaks ignored anywhere, trailing bits unchecked.
 *
 * This stands in for `Uint8Array.fromBase64`, which ignores any white space and accepts missing padding. It may go if
 * the contract allows both.
 *
 * @module
 */

const LINE_BREAKS = /[\r\n]/;
const SHAPE = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Decodes base64.
 *
 * @param text The encoded text.
 * @throws {SyntaxError} If the text is not base64 by these rules.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const compact = LINE_BREAKS.test(text) ? text.replace(/[\r\n]/g, "") : text;
  if (compact.length % 4 !== 0 || !SHAPE.test(compact)) throw new SyntaxError("Cannot decode base64: malformed text");
  return Uint8Array.fromBase64(compact);
}

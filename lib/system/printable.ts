/**
 * Text of other machines in logs and terminals.
 *
 * @module
 */

/** Replaces the characters that a terminal or a log could take for more than text, such as line breaks. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/**
 * The JSON of objects that never change: each is serialised once, however often it is asked for.
 *
 * @module
 */

/** Keeps the JSON of objects for as long as the objects are in use. */
export class KeptJson {
  readonly #texts = new WeakMap<object, string>();

  /**
   * Returns the JSON of an array.
   *
   * @param items Objects that never change.
   */
  ofArray(items: readonly object[]): string {
    return `[${items.map((item) => this.#of(item)).join(",")}]`;
  }

  #of(item: object): string {
    const kept = this.#texts.get(item);
    if (kept !== undefined) return kept;
    const text = JSON.stringify(item);
    this.#texts.set(item, text);
    return text;
  }
}

/**
 * Directories that have another path than before, as on another machine.
 *
 * @module
 */

/** A directory that has another path now. */
export interface MovedDirectory {
  /** Its former path, absolute. */
  readonly from: string;
  /** Its path now, absolute. */
  readonly to: string;
}

/**
 * Returns where a path is now.
 *
 * @param moved The directories that were moved; of several around the path, the innermost counts.
 */
export function movedPath(path: string, moved: readonly MovedDirectory[]): string {
  const around = moved.filter(({ from }) => path === from || path.startsWith(from === "/" ? from : `${from}/`));
  const inner = around.sort((a, b) => b.from.length - a.from.length)[0];
  if (inner === undefined) return path;
  const rest = path === inner.from ? "" : path.slice(inner.from === "/" ? 0 : inner.from.length);
  return (inner.to === "/" ? rest : inner.to + rest) || "/";
}

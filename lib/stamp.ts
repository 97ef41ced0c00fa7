/** Where a build comes from; see {@linkcode STAMP}. */
export interface Stamp {
  /** The git sha of the source. */
  readonly sha: string;
  /** The time of that commit, in ISO 8601. */
  readonly time: string;
}

/** The stamp of this build; a build fills it in. It is `undefined` when the program runs from source. */
export const STAMP: Stamp | undefined = undefined as Stamp | undefined;

/** What a build says of itself; see {@linkcode STAMP}. */
export interface Stamp {
  /** The git sha of the sources. */
  readonly sha: string;
  /** When they were committed, ISO 8601. */
  readonly time: string;
}

/** Filled in by a build; absent when it runs from source. */
export const STAMP: Stamp | undefined = undefined as Stamp | undefined;

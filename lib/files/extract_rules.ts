/**
 * What differs between the generations of the contract in `files.extract_tar`, and the rules of the first one. Those of
 * `next` are in `extract_rules_next.ts`.
 *
 * @module
 */

import { ClaustrumError } from "../system/claustrum_error.ts";
import { cleanPath } from "../system/path_text.ts";
import { contains } from "../system/removal.ts";
import { PathError } from "./path_error.ts";

/** A failure whose message is the contract's text. */
export class ExtractError extends ClaustrumError {}

/** A place in the destination. */
export interface EntryPlace {
  /** The path. */
  readonly path: string;
  /** The path as the client named it. */
  readonly shown: string;
  /** The path below the destination. */
  readonly below: string;
}

/** What differs between the generations. The texts of failures follow what was tried and for which entry. */
export interface ExtractRules {
  /** Returns the path of an entry; throws if it is outside the destination. */
  readonly resolve: (destDir: string, name: string) => string;
  /** The mode of a file. */
  readonly fileMode: (isExecutable: boolean) => number;
  /** Checks the directory above the destination, before that is removed. */
  readonly checkParent: (destDir: string, shown: (path: string) => string) => void;
  /** Checks the new destination. */
  readonly checkDestination: (destDir: string, shown: (path: string) => string) => void;
  /** Removes what the archive has put in the place of the marker. */
  readonly clearMarker: (destDir: string) => void;
  /** The text of an archive that is damaged, within the file of a name or outside of files. */
  readonly streamText: (reason: string, name: string | undefined) => string;
  /** The text of a body that cannot be written. */
  readonly writeText: (name: string, error: unknown) => string;
  /** The text of a directory that cannot be made; it is the last of those that the entry needs, or a higher one. */
  readonly directoryText: (place: EntryPlace, error: unknown, isLast: boolean) => string;
  /** The text of a file that cannot be made. */
  readonly fileText: (place: EntryPlace, error: unknown) => string;
}

/** The rules of the first generation. */
export const SEED_RULES: ExtractRules = {
  resolve(destDir, name) {
    const target = cleanPath(`${destDir}/${name}`);
    if (!contains(destDir, target)) throw unsafe(name);
    return target;
  },
  fileMode: () => 0o600,
  checkParent: () => {},
  checkDestination: () => {},
  clearMarker: () => {},
  streamText: (reason, name) => name === undefined ? `gzip: ${reason}` : reason,
  writeText: (_name, error) => error instanceof Error ? error.message : String(error),
  directoryText: ({ shown }, error) => describe("mkdir", shown, error),
  fileText: ({ shown }, error) => describe("open", shown, error),
};

/** Returns the failure of an entry that is outside the destination. */
export function unsafe(name: string): ExtractError {
  return new ExtractError(`unsafe path in archive: ${name}`);
}

/** Describes a failed operation; a refusal by the runtime is one by the system, because the worker lacks the permission
 * on purpose. */
export function describe(op: string, path: string, error: unknown): string {
  const denied = error instanceof Deno.errors.NotCapable ? new Deno.errors.PermissionDenied(error.message) : error;
  return new PathError(op, path, denied).message;
}

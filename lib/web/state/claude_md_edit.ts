/**
 * Editing the file `CLAUDE.md` of a project: what is typed is kept, and what somebody else has written is never lost.
 *
 * @module
 */

import type { ClaudeMd } from "../../projects/types.ts";
import { toObject, toText } from "../text/fields.ts";

/** The largest file that the hub writes, in bytes. */
export const MAX_BYTES: number = 64 << 10;

/** A file that is being edited. */
export interface ClaudeMdEdit {
  /** The file that the text is based on. */
  readonly base: ClaudeMd;
  /** What was typed. */
  readonly text: string;
  /** What somebody else has written meanwhile. */
  readonly other?: ClaudeMd;
}

/** What is kept of an edit, over reloads. */
export interface KeptEdit {
  /** The digest of the file that the text is based on. */
  readonly sha256: string;
  /** What was typed. */
  readonly text: string;
}

/** Begins to edit a file, with what was typed before, if something was. */
export function beginEdit(file: ClaudeMd, kept: KeptEdit | undefined): ClaudeMdEdit {
  if (kept === undefined || kept.text === file.content) return { base: file, text: file.content };
  if (kept.sha256 === file.sha256) return { base: file, text: kept.text };
  // The content that the text is based on is gone; its digest is enough to know that it was another one.
  return { base: { ...file, sha256: kept.sha256 }, text: kept.text, other: file };
}

/** Whether something was typed that is not in the file. */
export function isChanged({ base, text, other }: ClaudeMdEdit): boolean {
  return other !== undefined || text !== base.content;
}

/** Returns the edit after the file was read again. */
export function takeFile(edit: ClaudeMdEdit, file: ClaudeMd): ClaudeMdEdit {
  if (file.sha256 === edit.base.sha256 && edit.other === undefined) {
    return file.restart_hint === edit.base.restart_hint ? edit : { ...edit, base: file };
  }
  if (!isChanged(edit) || edit.text === file.content) return { base: file, text: file.content };
  return { ...edit, other: file };
}

/** Returns the edit after it was saved; what was typed meanwhile is not in the file yet. */
export function takeSaved({ text }: ClaudeMdEdit, saved: ClaudeMd): ClaudeMdEdit {
  return { base: saved, text };
}

/** Returns the edit that goes on with what was typed, on top of what somebody else has written. */
export function keepMine({ base, text, other }: ClaudeMdEdit): ClaudeMdEdit {
  return { base: other ?? base, text };
}

/** Returns the edit that goes on with what somebody else has written. */
export function takeOther({ base, other }: ClaudeMdEdit): ClaudeMdEdit {
  const file = other ?? base;
  return { base: file, text: file.content };
}

/** Returns the size of a text in the file, in bytes. */
export function sizeOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}

/** Returns what is to be kept of an edit; an empty text if nothing has to be. */
export function toKept(edit: ClaudeMdEdit): string {
  if (!isChanged(edit)) return "";
  const kept: KeptEdit = { sha256: edit.base.sha256, text: edit.text };
  return JSON.stringify(kept);
}

/** Reads what was kept; `undefined` if nothing was. */
export function readKept(kept: string): KeptEdit | undefined {
  if (kept === "") return undefined;
  try {
    const { sha256, text } = toObject(JSON.parse(kept));
    return { sha256: toText(sha256), text: toText(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/**
 * Which requests of the page are answered from what the browser keeps.
 *
 * @module
 */

import { routeOf } from "../state/page_address.ts";

/** What is kept of the page, as the hub tells it. */
export interface Shell {
  /** Changes with the page. */
  readonly version: string;
  /** The path below which the hub is reached. */
  readonly base: string;
  /** The addresses of the files that the page loads; they change with the files. */
  readonly files: readonly string[];
}

/** What is read of a request. */
export interface ShellRequest {
  /** The method. */
  readonly method: string;
  /** The whole address. */
  readonly url: string;
  /** What it is for; `document` for a page of a tab. */
  readonly destination: string;
}

/** Returns whether a request is for the document of the page, for a file that it loads, or for neither. */
export function kindOf(
  { method, url, destination }: ShellRequest,
  { base, files }: Shell,
  origin: string,
): "document" | "file" | "other" {
  const { origin: its, pathname, search } = new URL(url);
  if (method !== "GET" || its !== origin) return "other";
  if (files.includes(pathname + search)) return "file";
  const isBelow = base === "" || pathname === base || pathname.startsWith(`${base}/`);
  if (destination !== "document" || !isBelow) return "other";
  return routeOf(pathname.slice(base.length), "").page === "unknown" ? "other" : "document";
}

/** The name of the cache of a version of the page. */
export function cacheName({ version }: Pick<Shell, "version">): string {
  return `${CACHE_PREFIX}${version}`;
}

/** How the names of our caches begin. */
export const CACHE_PREFIX = "claustrum-page-";

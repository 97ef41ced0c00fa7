/**
 * What is worth telling a person who does not look at the page: something waits for them, or a turn has ended.
 *
 * @module
 */

import { effect } from "@preact/signals";
import type { PendingPermission, SessionEvent } from "../../sessions/types.ts";
import type { HubState } from "./hub_state.ts";
import type { Route } from "./page_address.ts";
import { titleOf, toolRequestOf } from "./tool_request.ts";

/** How old an event may be to be told, in milliseconds: what happened while the connection was lost is no news. */
const MAX_AGE_MS = 60_000;
/** The longest text of a notice, in characters. */
const MAX_TEXT = 140;

/** Something that is told. */
export interface Notice {
  /** Names what it is about; a notice replaces another one with the same. */
  readonly tag: string;
  /** What happened, and where. */
  readonly title: string;
  /** A few words about it. */
  readonly text: string;
  /** The page to open. */
  readonly route: Route;
}

/** What somebody wants to be told. */
export interface NoticeChoice {
  /** Whether something waits for them. */
  readonly needsYou: boolean;
  /** Whether a turn has ended. */
  readonly finished: boolean;
}

/** Options of {@linkcode watchForNotices}. */
export interface NoticeOptions {
  /** What is known of the hub. */
  readonly hub: HubState;
  /** What is wanted now. */
  readonly choice: () => NoticeChoice;
  /** Whether somebody looks at the page, and needs no notice. */
  readonly isLookedAt: () => boolean;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Shows a notice. */
  readonly show: (notice: Notice) => void;
  /** Takes a notice back: what it tells is over. */
  readonly takeBack: (tag: string) => void;
}

/** Watches the hub for what is worth telling. */
export function watchForNotices({ hub, choice, isLookedAt, now, show, takeBack }: NoticeOptions): void {
  let known: ReadonlySet<string> | undefined;
  let hosts: ReadonlySet<string> = new Set();
  const nameOf = (session: string) => hub.nameOf(session) ?? "A session";
  effect(() => {
    const permissions = hub.permissions.value;
    if (!hub.hasLoaded.value) return;
    // What a host had already when it was first heard of is no news, either.
    const isNews = ({ host }: PendingPermission) => !hub.hosts.value.has(host) || hosts.has(host);
    const ids = new Set(permissions.map(({ id }) => id));
    for (const id of known ?? []) {
      if (!ids.has(id)) takeBack(tagOf(id));
    }
    // What was there when the page was opened is on it.
    const isFirst = known === undefined;
    const fresh = permissions.filter(({ id }) => known?.has(id) === false).filter(isNews);
    known = ids;
    hosts = hub.hosts.value;
    if (isFirst || isLookedAt() || !choice().needsYou) return;
    for (const permission of fresh) show(needsYouNotice(permission, nameOf(permission.session)));
  });
  hub.watch((event) => {
    if (event.type !== "result" || isLookedAt() || !choice().finished) return;
    if (now() - Date.parse(event.at) > MAX_AGE_MS) return;
    if ((hub.sessions.peek().get(event.session)?.queue.length ?? 0) > 0) return;
    show(finishedNotice(event, nameOf(event.session), hub.activity.peek().get(event.session)));
  });
}

function tagOf(permission: string): string {
  return `permission:${permission}`;
}

function needsYouNotice(permission: PendingPermission, session: string): Notice {
  const request = toolRequestOf(permission);
  return {
    tag: tagOf(permission.id),
    title: `${session} needs you`,
    text: shortened(request.kind === "questions" ? request.questions[0]!.question : titleOf(permission, request)),
    route: { page: "permission", permission: permission.id },
  };
}

function finishedNotice({ session, payload }: SessionEvent, name: string, activity: string | undefined): Notice {
  const isError = (payload as { readonly is_error?: unknown } | null)?.is_error === true;
  return {
    tag: `finished:${session}`,
    title: isError ? `${name} failed` : `${name} has finished`,
    text: shortened(activity ?? ""),
    route: { page: "session", session },
  };
}

function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/**
 * What the text of an event depends on, apart from the event.
 *
 * @module
 */

import type { SessionEvent } from "../sessions/types.ts";
import type { Part, PartLayout } from "./event_part.ts";
import type { JsonObject } from "../system/json_fields.ts";
import type { ShownPermission } from "./permission_text.ts";

/** How events are shown. */
export interface EventTextOptions extends PartLayout {
  /** The name of the session, for commands to copy. */
  readonly session: string;
  /** What was said in events before. @default {nothing} */
  readonly memory?: EventMemory;
  /** The ids of the permissions that wait: only they are shown with the commands that answer them. @default {all} */
  readonly pending?: ReadonlySet<string>;
}

/** What was in earlier events that later ones refer to. */
export class EventMemory {
  /** The texts of prompts, by id. */
  readonly prompts: Map<string, string> = new Map();
  /** The ids of prompts that were sent. */
  readonly sent: Set<string> = new Set();
  /** Permissions that were asked for, by id. */
  readonly permissions: Map<string, ShownPermission> = new Map();
  /** Why the turn failed, if that was shown before the turn's end. */
  failure: string | undefined;
}

/** Options with the optional ones filled in. */
export type Context = EventTextOptions & { readonly memory: EventMemory };

/** Describes an event of one type. */
export type Describe = (payload: JsonObject, event: SessionEvent, context: Context) => readonly Part[];

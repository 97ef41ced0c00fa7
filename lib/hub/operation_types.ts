/**
 * The operations of the hub: their names, parameters and results.
 *
 * @module
 */

import type { FoundSessionEvent } from "../sessions/sessions.ts";
import type {
  AgentCommand,
  PendingPermission,
  PermissionAnswer,
  PromptContent,
  ResumeOptions,
  SendResult,
  Session,
  SessionChanges,
  SessionEvent,
  SessionRule,
  StartParams,
} from "../sessions/types.ts";
import type { AccessOperations } from "./access_operation_types.ts";
import type { Done } from "./done.ts";
import type { HostOperations } from "./host_operation_types.ts";
import type { ProjectOperations } from "./project_operation_types.ts";
import type { PushState, PushSubscriptionParams } from "./push/push_types.ts";
import type { RemoteOperations } from "./remote_operation_types.ts";

/** Names a session by its id, its name, or a unique prefix of either. */
export interface SessionReference {
  /** The id, the name, or a unique prefix of either. */
  readonly session_name: string;
}

/** Names a prompt in the queue of a session. */
export interface PromptReference extends SessionReference {
  /** The id of the prompt. */
  readonly prompt_id: string;
}

/** Parameters of `session.remove`. */
export interface RemoveSessionParams extends SessionReference {
  /** Whether the work tree that was made for it is removed, too, with its branch. @default {false} */
  readonly remove_worktree?: boolean | undefined;
  /** The name of the work tree's directory, repeated to confirm that its work is lost. */
  readonly confirm?: string | undefined;
}

/** The state of the hub. */
export interface HubStatus {
  /** The name of the hub. */
  readonly name: string;
  /** The version of claustrum. */
  readonly version: string;
  /** The process id. */
  readonly pid: number;
  /** How long the hub has been running, in seconds. */
  readonly uptime_seconds: number;
  /** The web address; absent without one. */
  readonly url?: string;
  /** The hub's socket. */
  readonly socket: string;
  /** The daemon that runs the agents. */
  readonly daemon: { readonly running: boolean; readonly socket: string; readonly version?: string };
  /** How many sessions there are in each status. */
  readonly sessions: Readonly<Record<string, number>>;
  /** The id of the newest event, 0 if there is none. */
  readonly last_event: number;
  /** How it goes with the hubs that this one dials; absent if it dials none. */
  readonly links?: readonly HubLink[];
}

/** A hub that this one dials, so that it shows this one's sessions. */
export interface HubLink {
  /** Its address. */
  readonly url: string;
  /** How it goes: `refused` needs a person, and is tried again slowly all the same. */
  readonly status: "connecting" | "up" | "offline" | "refused";
  /** Why it is not up, in a sentence. */
  readonly reason?: string;
  /** Since when. */
  readonly since: string;
}

/** A value of the configuration. */
export interface ShownConfigValue {
  /** The path of the key. */
  readonly key: string;
  /** The value, with secrets masked; absent if there is none. */
  readonly value?: unknown;
  /** Where it comes from, in words. */
  readonly source: string;
}

/** The configuration that is in effect. */
export interface ShownConfig {
  /** The configuration file, whether it exists or not; absent if the home directory is unknown. */
  readonly file?: string;
  /** All keys. */
  readonly values: readonly ShownConfigValue[];
}

/** What a check of the hub and its surroundings has found. */
export interface DoctorCheck {
  /** What was checked. */
  readonly name: string;
  /** `warning`: the hub works all the same. */
  readonly status: "ok" | "warning" | "error";
  /** What was found, in a sentence. */
  readonly message: string;
  /** What to do about it; absent if there is nothing to do, or the message says it. */
  readonly advice?: string;
}

/** The parameters and the result of each operation. */
export interface Operations extends AccessOperations, ProjectOperations, RemoteOperations, HostOperations {
  /** Starts a session. */
  readonly "session.start": { params: StartParams; result: Session };
  /** Lists sessions, the newest first. `active`: those that are neither stopped nor in error. */
  readonly "sessions.list": {
    params: {
      readonly active?: boolean | undefined;
      readonly path?: string | undefined;
      readonly query?: string | undefined;
    };
    result: readonly Session[];
  };
  /** Returns a session. */
  readonly "session.get": { params: SessionReference; result: Session };
  /** Returns events of a session, the oldest first. */
  readonly "session.events": {
    params: SessionReference & {
      readonly limit?: number | undefined;
      readonly offset?: number | undefined;
      readonly after?: number | undefined;
      readonly before?: number | undefined;
      readonly types?: string | undefined;
    };
    result: readonly SessionEvent[];
  };
  /** Sends a prompt, or queues it. */
  readonly "prompt.send": {
    params: SessionReference & { readonly prompt: PromptContent; readonly start_if_stopped?: boolean | undefined };
    result: SendResult;
  };
  /** Replaces a queued prompt. */
  readonly "prompt.edit": { params: PromptReference & { readonly prompt: PromptContent }; result: Done };
  /** Removes a queued prompt. */
  readonly "prompt.remove": { params: PromptReference; result: Done };
  /** Moves a queued prompt to a position, from 1. */
  readonly "prompt.move": { params: PromptReference & { readonly position: number }; result: Done };
  /** Interrupts the turn. */
  readonly "session.interrupt": { params: SessionReference; result: Done };
  /** Changes a session. */
  readonly "session.configure": { params: SessionReference & SessionChanges; result: Session };
  /** Stops the agent. */
  readonly "session.stop": { params: SessionReference; result: Session };
  /** Kills the agent and its descendants. */
  readonly "session.kill": { params: SessionReference; result: Session };
  /** Starts the agent of a stopped session again. */
  readonly "session.resume": { params: SessionReference & ResumeOptions; result: Session };
  /** Starts a new session with a copy of the conversation. */
  readonly "session.fork": { params: SessionReference & { readonly name?: string | undefined }; result: Session };
  /** Forgets a stopped session and its events. */
  readonly "session.remove": { params: RemoveSessionParams; result: Done };
  /** Opens the session in a terminal. */
  readonly "session.attach": {
    params: SessionReference & { readonly interrupt?: boolean | undefined };
    result: { readonly tmux_session: string; readonly tmux_socket: string };
  };
  /** Closes the terminal of a session. */
  readonly "session.detach": { params: SessionReference; result: Session };
  /** Lists the slash commands that the agent of a session knows. */
  readonly "session.commands": { params: SessionReference; result: readonly AgentCommand[] };
  /** Finds files of the session's directory by parts of their paths, the best ones first. */
  readonly "session.files": {
    params: SessionReference & { readonly query: string; readonly limit?: number | undefined };
    result: readonly string[];
  };
  /** Lists the rules of a session. */
  readonly "session.rules": { params: SessionReference; result: readonly SessionRule[] };
  /** Removes a rule of a session. */
  readonly "session.rule.remove": { params: SessionReference & { readonly rule_id: string }; result: Done };
  /** Lists the pending permissions of all sessions, the oldest first. */
  readonly "permissions.list": { params: Record<never, never>; result: readonly PendingPermission[] };
  /** Answers a permission. */
  readonly "permission.answer": {
    params: PermissionAnswer & { readonly permission_id: string };
    result: Done;
  };
  /** Searches what people and agents said; the newest first, or with `rank` what matches best. */
  readonly "events.search": {
    params: { readonly query: string; readonly limit?: number | undefined; readonly rank?: boolean | undefined };
    result: readonly FoundSessionEvent[];
  };
  /** Returns an event, or a part of its payload's JSON. */
  readonly "session.event": {
    params: { readonly event_id: number; readonly offset?: number | undefined; readonly length?: number | undefined };
    result: SessionEvent | { readonly text: string; readonly total: number };
  };
  /** Tells whether browsers are told of events while no page is open, and the key that they subscribe with. */
  readonly "push.key": { params: Record<never, never>; result: PushState };
  /** Tells the browser that asks of events from now on, also while no page is open. */
  readonly "push.subscribe": { params: PushSubscriptionParams; result: Done };
  /** Tells the browser that asks nothing any more. */
  readonly "push.unsubscribe": { params: Record<never, never>; result: Done };
  /** Returns the state of the hub. */
  readonly "hub.status": { params: Record<never, never>; result: HubStatus };
  /** Returns the configuration that is in effect, with secrets masked. */
  readonly "config.get": { params: Record<never, never>; result: ShownConfig };
  /** Checks the hub and what it needs: its files, the daemon, the agent and other programs. */
  readonly "doctor.get": { params: Record<never, never>; result: readonly DoctorCheck[] };
  /** Stops the hub, named as what runs in the background; agents run on unless `sessions` is true. */
  readonly "daemon.stop": { params: { readonly sessions?: boolean | undefined }; result: Done };
}

/** Where an operation runs. */
export interface HostChoice {
  /** The name of another host that this hub shows. @default {this hub, or the host of the id that is named} */
  readonly host?: string | undefined;
}

/** The name of an operation. */
export type OperationName = keyof Operations;

/** What an operation takes. */
export type OperationParams<N extends OperationName> = Operations[N]["params"] & HostChoice;

/** What an operation returns. */
export type OperationResult<N extends OperationName> = Operations[N]["result"];

/**
 * The tools that agents get over MCP. They are made from the operations of the hub: which of them, with which
 * parameters, and how they are described is decided here.
 *
 * @module
 */

import type { Tool } from "@modelcontextprotocol/sdk/types";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { HubClient } from "../../hub/hub_client.ts";
import type { AnyOperation } from "../../hub/operation.ts";
import type { OperationName, OperationParams } from "../../hub/operation_types.ts";
import { OPERATIONS } from "../../hub/operations.ts";
import type { Schema } from "../../hub/schemas.ts";
import { ClaustrumError } from "../../system/claustrum_error.ts";
import type { JsonObject } from "../../system/json_fields.ts";
import { DEFAULT_WAIT_S, SESSION_WAIT_PARAMS, waitForSession } from "./session_wait.ts";

/** A tool. */
export interface HubTool {
  /** What agents are told about it. */
  readonly definition: Tool;
  /** Whether long texts in its result are passed on whole. Its own parameters or defaults limit them then. */
  readonly hasWholeTexts: boolean;
  /**
   * Calls it.
   *
   * @param signal Ends a wait.
   * @throws {ClaustrumError} If the arguments are refused or the hub cannot do it; the message is for the agent.
   */
  call(client: HubClient, args: JsonObject, signal: AbortSignal): Promise<unknown>;
}

/** The first words of the names of operations that are about sessions. */
const NAMESPACES: ReadonlySet<string> = new Set([
  "session",
  "sessions",
  "prompt",
  "permission",
  "permissions",
  "event",
  "events",
]);
/** Operations outside of these namespaces that agents get. */
const OTHERS: ReadonlySet<OperationName> = new Set(["hub.status"]);
/** Operations for people alone: no agent answers what agents ask, and terminals and completions are for people. */
const FOR_PEOPLE: ReadonlySet<OperationName> = new Set([
  "permission.answer",
  "session.attach",
  "session.detach",
  "session.commands",
  "session.files",
]);
/**
 * Parameters for people alone. With most of them, a session may do things without a question: because of its policy or
 * mode, the hooks of a directory that no one has trusted yet, or rules and programs that the agent CLI is started with.
 */
const PARAMETERS_FOR_PEOPLE: ReadonlySet<string> = new Set([
  "policy",
  "permission_mode",
  "confirm",
  "trust",
  "claude_args",
  // Which machine it is follows from the session.
  "host",
]);

/** Operations that change something and destroy nothing. All others that change something are called destructive. */
const HARMLESS_CHANGES: ReadonlySet<OperationName> = new Set([
  "session.start",
  "session.configure",
  "session.resume",
  "session.fork",
  "prompt.send",
  "prompt.move",
]);

/** How much of an event's JSON is returned at once by default, in characters. */
const EVENT_PART = 50_000;
/** Arguments that agents get if they give none. The hub's own defaults are too much for the memory of a model. */
const DEFAULTS: { readonly [N in OperationName]?: Partial<OperationParams<N>> } = {
  "session.events": { limit: 50 },
  "events.search": { limit: 20 },
  "session.event": { offset: 0, length: EVENT_PART },
  "prompt.send": { start_if_stopped: true },
};

/** What agents have to know about an operation, besides its summary. */
const NOTES: { readonly [N in OperationName]?: string } = {
  "session.start": "The path must be an absolute one that the user has trusted before. The user is asked for " +
    "permissions as the configuration says.",
  "session.events": "For the newest ones, set before to last_event + 1 of the session. Long texts are cut; " +
    "session_event returns the whole of one. A page may be shorter than the limit: go on with after, the id of the " +
    "last event, or before, the id of the first one, until a page is empty.",
  "session.event": "Returns `text`, a part of the JSON of the event's payload, and `total`, the length of all of it.",
  "prompt.send": "It does not wait for the answer: session_wait does. A prompt to a busy session waits in its queue.",
  "permissions.list": "Only people can answer them.",
  "session.remove": "Stop it first.",
};

/** What the parameters mean. */
const PARAMETERS: Readonly<Record<string, string>> = {
  session_name: "the session: its id, its name, or a unique beginning of either",
  active: "true: only sessions that are neither stopped nor in error; false: only the others",
  path: "the absolute path of the session's directory",
  query: "words to look for",
  name: "the name of the session",
  model: "the model of the agent, such as opus; null for the default",
  resume: "the id of a conversation of the agent CLI to go on with",
  fork: "with resume: go on with a copy of the conversation",
  prompt: "the text, or a list of content blocks",
  remove_worktree: "remove the work tree of the session, too; refused while it has work that would be lost",
  worktree: "the branch of a new work tree to start in",
  limit: "how many to return at most",
  rank: "true: the best first, instead of the newest",
  offset: "how many to skip; in session_event, characters",
  length: "how many characters to return at most",
  after: "the id of the last event that is not wanted",
  before: "the id of the first event that is not wanted; the newest events before it are returned",
  types: "the types of events, separated by commas, such as assistant,user,result,prompt,permission,status",
  event_id: "the id of the event",
  prompt_id: "the id of the prompt",
  position: "the position in the queue, from 1",
  rule_id: "the id of the rule",
  start_if_stopped: "resume the session if it is stopped, instead of failing",
  timeout_seconds: "how long to wait at most",
};

/**
 * Returns the tools.
 *
 * @param allowsWrites Whether operations that change something are among them.
 */
export function hubTools({ allowsWrites }: { readonly allowsWrites: boolean }): readonly HubTool[] {
  const offered = OPERATIONS.filter((operation) => isForAgents(operation) && (allowsWrites || !operation.isChange));
  return [...offered.map(toTool), WAIT_TOOL];
}

function isForAgents({ name }: AnyOperation): boolean {
  if (FOR_PEOPLE.has(name)) return false;
  return NAMESPACES.has(name.split(".")[0]!) || OTHERS.has(name);
}

function toTool({ name, summary, isChange, params }: AnyOperation): HubTool {
  const defaults: JsonObject = DEFAULTS[name] ?? {};
  return {
    definition: define(name, { summary, note: NOTES[name], params, defaults, isChange }),
    hasWholeTexts: name === "session.event",
    async call(client, args) {
      const refused = Object.keys(args).find((field) => PARAMETERS_FOR_PEOPLE.has(field));
      if (refused !== undefined) throw new ClaustrumError(`the field "${refused}" is not for agents: a person sets it`);
      // The hub checks the arguments.
      return await client.call(name, { ...defaults, ...args } as OperationParams<OperationName>);
    },
  };
}

const WAIT_TOOL: HubTool = {
  definition: define("session.wait", {
    summary: "wait until a session has nothing left to do, or waits for a permission, or the time is over",
    note: "Returns its status, and the last text that the agent said since the newest prompt as `answer`. " +
      "`timed_out: true`: the session is still busy, call it again. Do not wait for the session that you are in.",
    params: SESSION_WAIT_PARAMS,
    defaults: { timeout_seconds: DEFAULT_WAIT_S },
    isChange: false,
  }),
  hasWholeTexts: true,
  call: waitForSession,
};

/** What a definition is made of. */
interface ToolFacts {
  readonly summary: string;
  readonly note: string | undefined;
  readonly params: Schema<unknown>;
  readonly defaults: JsonObject;
  readonly isChange: boolean;
}

function define(name: OperationName | "session.wait", facts: ToolFacts): Tool {
  const { summary, note, params, defaults, isChange } = facts;
  const sentence = `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
  return {
    // The names of tools have no dots.
    name: name.replaceAll(".", "_"),
    description: note === undefined ? sentence : `${sentence} ${note}`,
    inputSchema: inputSchema(params, defaults),
    annotations: {
      readOnlyHint: !isChange,
      ...(isChange ? { destructiveHint: !HARMLESS_CHANGES.has(name as OperationName) } : {}),
    },
  };
}

function inputSchema(params: Schema<unknown>, defaults: JsonObject): Tool["inputSchema"] {
  const { properties = {}, required = [] } = toJsonSchema(params);
  const offered = Object.entries(properties).filter(([field]) => !PARAMETERS_FOR_PEOPLE.has(field));
  const described = offered.map(([field, schema]) => {
    const description = PARAMETERS[field];
    return [field, {
      ...(description === undefined ? {} : { description }),
      ...(typeof schema === "object" ? schema : {}),
      ...(field in defaults ? { default: defaults[field] } : {}),
    }];
  });
  return {
    type: "object",
    properties: Object.fromEntries(described),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

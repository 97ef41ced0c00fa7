/**
 * The description of the hub's web address: an OpenAPI 3.1 document, made from the operations.
 *
 * @module
 */

import { type ConversionConfig, toJsonSchema } from "@valibot/to-json-schema";
import { VERSION } from "../../version.ts";
import type { AnyOperation, HttpPlace } from "../operation.ts";
import { OPERATIONS } from "../operations.ts";
import {
  apiToken,
  auditEntry,
  config,
  contentBlock,
  done,
  event,
  eventPart,
  foundEvent,
  hubStatus,
  newApiToken,
  permission,
  prompt,
  rule,
  type Schema,
  sendResult,
  session,
  signedIn,
  signIn,
} from "../schemas.ts";
import { liveMessage } from "./live_message.ts";

/** A part of the document. */
type Json = Readonly<Record<string, unknown>>;

/** The objects that have a name. */
const NAMED = {
  Session: session,
  Prompt: prompt,
  ContentBlock: contentBlock,
  Event: event,
  EventPart: eventPart,
  FoundEvent: foundEvent,
  LiveMessage: liveMessage,
  Permission: permission,
  Rule: rule,
  SendResult: sendResult,
  HubStatus: hubStatus,
  Config: config,
  ApiToken: apiToken,
  NewApiToken: newApiToken,
  SignIn: signIn,
  SignedIn: signedIn,
  AuditEntry: auditEntry,
  Done: done,
};

/** What parts of a path mean, by the name of the parameter. */
const PART_HELP: Readonly<Record<string, string>> = {
  session_name: "The id, the name, or a unique prefix of either.",
  instance_id: "The id, the name, or a unique prefix of either.",
};

/** What a failure is told with. */
const PROBLEM: Json = {
  type: "object",
  description: "A failure, as RFC 9457 describes it.",
  properties: {
    status: { type: "integer" },
    title: { type: "string" },
    detail: { type: "string" },
    code: { type: "integer" },
  },
  required: ["status", "title", "detail", "code"],
};

const SECURITY_SCHEMES: Json = {
  token: { type: "http", scheme: "bearer", description: "The hub's token, or an API token." },
  cookie: { type: "apiKey", in: "cookie", name: "claustrum_sign_in", description: "What a browser gets at sign-in." },
  pageKey: {
    type: "apiKey",
    in: "header",
    name: "X-Claustrum-Page",
    description: "What sign-in returned; the cookie counts only with it, unless it came over https.",
  },
};

const CONVERSION: ConversionConfig & { readonly definitions: typeof NAMED } = {
  errorMode: "ignore",
  definitions: NAMED,
  // Without this, a client that is generated from the document could not name the other fields of a block.
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    valibotSchema.type === "loose_object" ? { ...jsonSchema, additionalProperties: true } : undefined,
};

/**
 * Returns the document.
 *
 * @param basePath The path below which the hub is reached.
 */
export function openApiDocument(basePath: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of OPERATIONS) {
    if (operation.http === undefined) continue;
    const path = operation.http.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.http.method.toLowerCase()] = describe(operation, operation.http);
  }
  paths["/api/events"] = { get: EVENT_STREAM };
  paths["/healthz"] = { get: HEALTH };
  return {
    openapi: "3.1.0",
    info: {
      title: "The hub of claustrum",
      version: VERSION,
      description:
        "Sessions of remote coding agents. Live events also come over the WebSocket /ws/dashboard: the client " +
        'sends {"type": "subscribe", "after"?: ID, "sessions"?: [NAME], "page_key"?: KEY} and gets a LiveMessage each.',
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: basePath === "" ? "/" : basePath }],
    security: [{ token: [] }, { cookie: [], pageKey: [] }],
    paths,
    components: { schemas: { ...namedSchemas(), Problem: PROBLEM }, securitySchemes: SECURITY_SCHEMES },
  };
}

const FAILURE: Json = {
  description: "a failure",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

const EVENT_STREAM: Json = {
  operationId: "session.follow",
  summary: "follow sessions: a snapshot, then what happens, as server-sent events",
  parameters: [
    { name: "after", in: "query", schema: { type: "integer" }, description: "the last event that is not wanted" },
    { name: "sessions", in: "query", schema: { type: "string" }, description: "sessions, separated by commas" },
    { name: "watch", in: "query", schema: { type: "string" }, description: "topics of notices, separated by commas" },
    { name: "Last-Event-ID", in: "header", schema: { type: "string" }, description: "counts instead of after" },
  ],
  responses: {
    200: {
      description: "a stream; the data of each event is a LiveMessage",
      content: { "text/event-stream": { schema: { type: "string" } } },
    },
    default: FAILURE,
  },
};

const HEALTH: Json = {
  operationId: "health",
  summary: "tell that the hub runs, and more to who has signed in",
  security: [],
  responses: {
    200: {
      description: "it runs",
      content: {
        "application/json": {
          schema: { type: "object", properties: { status: { const: "ok" } }, required: ["status"] },
        },
      },
    },
    default: FAILURE,
  },
};

function describe(operation: AnyOperation, { method, pathParams = {}, status = 200, otherStatus }: HttpPlace): Json {
  const params = schemaOf(operation.params);
  const properties = params["properties"] as Readonly<Record<string, Json>> | undefined ?? {};
  const required = new Set(params["required"] as readonly string[] | undefined ?? []);
  const inPath = new Set(Object.values(pathParams));
  const rest = Object.entries(properties).filter(([name]) => !inPath.has(name));
  const parts = Object.entries(pathParams).map(([part, name]) => ({
    name: part,
    in: "path",
    required: true,
    ...(PART_HELP[name] === undefined ? {} : { description: PART_HELP[name] }),
    schema: properties[name],
  }));
  const query = method !== "GET" ? [] : rest.map(([name, schema]) => ({
    name,
    in: "query",
    required: required.has(name),
    schema,
  }));
  const parameters = [...parts, ...query];
  const success = { description: "done", content: { "application/json": { schema: schemaOf(operation.result) } } };
  return {
    operationId: operation.name,
    summary: operation.summary,
    tags: [operation.name.split(".")[0]],
    ...(operation.isPublic ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(method === "GET" || rest.length === 0 ? {} : { requestBody: body(rest, required) }),
    responses: {
      [status]: success,
      ...(otherStatus === undefined ? {} : { [otherStatus]: { ...success, description: "done before" } }),
      default: FAILURE,
    },
  };
}

function body(rest: readonly (readonly [string, Json])[], required: ReadonlySet<string>): Json {
  const needed = rest.map(([name]) => name).filter((name) => required.has(name));
  const schema = {
    type: "object",
    properties: Object.fromEntries(rest),
    ...(needed.length === 0 ? {} : { required: needed }),
    additionalProperties: false,
  };
  return { required: needed.length > 0, content: { "application/json": { schema } } };
}

function namedSchemas(): Json {
  return Object.fromEntries(
    Object.entries<Schema<unknown>>(NAMED).map(([name, schema]) => {
      const { [name]: _itself, ...others } = NAMED as Readonly<Record<string, Schema<unknown>>>;
      return [name, clean(toJsonSchema(schema, { ...CONVERSION, definitions: others }))];
    }),
  );
}

function schemaOf(schema: Schema<unknown>): Json {
  return clean(toJsonSchema(schema, CONVERSION));
}

/** Points references to where the document has the named objects, and leaves out what only a schema alone needs. */
function clean(schema: unknown): Json {
  const { $schema: _dialect, $defs: _definitions, ...rest } = schema as Record<string, unknown>;
  return JSON.parse(JSON.stringify(rest).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

/**
 * The operations about what was said and used in projects before.
 *
 * @module
 */

import * as v from "valibot";
import type { PastConversation } from "../../projects/types.ts";
import type { Sessions } from "../../sessions/sessions.ts";
import { operation } from "../operation.ts";
import { pastConversation, pastConversationPage, usage } from "../project_schemas.ts";
import { count, limit, projectName, text } from "../schemas.ts";
import { oneProject, onlyProject } from "./shared.ts";

/** How many conversations a list has by default. */
const DEFAULT_CONVERSATIONS = 100;
/** How many turns a page has by default. */
const DEFAULT_TURNS = 50;

/** The operations about the past of projects. */
export const historyOperations = [
  operation({
    name: "project.usage",
    summary: "show what the conversations in a project have used, and about what that costs",
    isChange: false,
    http: { method: "GET", path: "/api/projects/:project/usage", pathParams: oneProject },
    params: onlyProject,
    result: usage,
    run: async ({ projects, usage }, { project_name }) => usage.read((await projects.root.find(project_name)).path),
  }),
  operation({
    name: "project.history",
    summary: "list the past conversations in a project, the newest first",
    isChange: false,
    http: { method: "GET", path: "/api/projects/:project/history", pathParams: oneProject },
    params: v.strictObject({ ...projectName, limit: v.optional(limit), offset: v.optional(count) }),
    result: v.array(pastConversation),
    async run({ projects, history, sessions }, { project_name, limit = DEFAULT_CONVERSATIONS, offset }) {
      const { path } = await projects.root.find(project_name);
      const owners = ownersOf(sessions);
      return (await history.list(path, { limit, offset })).map((conversation) => withOwner(conversation, owners));
    },
  }),
  operation({
    name: "project.conversation",
    summary: "show turns of a past conversation, the last ones or those before one",
    isChange: false,
    http: {
      method: "GET",
      path: "/api/projects/:project/history/:id",
      pathParams: { ...oneProject, id: "conversation_id" },
    },
    params: v.strictObject({
      ...projectName,
      conversation_id: text,
      limit: v.optional(limit),
      before: v.optional(count),
    }),
    result: pastConversationPage,
    async run({ projects, history, sessions }, { project_name, conversation_id, limit = DEFAULT_TURNS, before }) {
      const { path } = await projects.root.find(project_name);
      const page = await history.conversation(path, conversation_id, { limit, before });
      return withOwner(page, ownersOf(sessions));
    },
  }),
];

/** The sessions by the conversations that they have; of several the newest. */
function ownersOf(sessions: Sessions): ReadonlyMap<string, string> {
  return new Map(sessions.list().toReversed().map(({ claude_session_id, id }) => [claude_session_id, id]));
}

function withOwner<C extends PastConversation>(conversation: C, owners: ReadonlyMap<string, string>): C {
  const session = owners.get(conversation.id);
  return session === undefined ? conversation : { ...conversation, session };
}

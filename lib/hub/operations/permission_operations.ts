/**
 * The operations that answer permissions, and those for the rules that answers add.
 *
 * @module
 */

import * as v from "valibot";
import { shownPermission } from "../event_size.ts";
import { operation } from "../operation.ts";
import { done, permission, rule, sessionName, text } from "../schemas.ts";
import { DONE, nothing, oneSession, onlySession } from "./shared.ts";

/** The operations that answer permissions, and those for the rules that answers add. */
export const permissionOperations = [
  operation({
    name: "permissions.list",
    summary: "list the permissions that wait for a person, the oldest first",
    isChange: false,
    http: { method: "GET", path: "/api/permissions" },
    params: nothing,
    result: v.array(permission),
    run({ sessions, hosts, isOwnOnly }) {
      const all = [...sessions.permissions(), ...(isOwnOnly ? [] : hosts.permissions)];
      return all.sort((a, b) => a.at < b.at ? -1 : 1).map(shownPermission);
    },
  }),
  operation({
    name: "permission.answer",
    summary: "answer a permission",
    isChange: true,
    http: { method: "POST", path: "/api/permissions/:id", pathParams: { id: "permission_id" } },
    params: v.strictObject({
      permission_id: text,
      decision: v.picklist(["allow", "allow_session", "deny"]),
      message: v.optional(v.string()),
      updated_input: v.optional(v.unknown()),
      interrupt: v.optional(v.boolean()),
    }),
    result: done,
    run({ sessions, caller }, { permission_id, ...answer }) {
      sessions.answer(permission_id, answer, caller.who);
      return DONE;
    },
  }),
  operation({
    name: "session.rules",
    summary: "list the rules of a session",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/rules", pathParams: oneSession },
    params: onlySession,
    result: v.array(rule),
    run: ({ sessions }, { session_name }) => sessions.rules(session_name),
  }),
  operation({
    name: "session.rule.remove",
    summary: "remove a rule of a session",
    isChange: true,
    http: {
      method: "DELETE",
      path: "/api/sessions/:id/rules/:rule",
      pathParams: { id: "session_name", rule: "rule_id" },
    },
    params: v.strictObject({ ...sessionName, rule_id: text }),
    result: done,
    run({ sessions }, { session_name, rule_id }) {
      sessions.removeRule(session_name, rule_id);
      return DONE;
    },
  }),
];

/**
 * The operations that send prompts and change the queue.
 *
 * @module
 */

import * as v from "valibot";
import { operation } from "../operation.ts";
import { done, position, prompt, sendResult, sessionName, text } from "../schemas.ts";
import { DONE, onePrompt, oneSession } from "./shared.ts";

/** The operations that send prompts and change the queue. */
export const promptOperations = [
  operation({
    name: "prompt.send",
    summary: "send a prompt, or queue it",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/prompt", pathParams: oneSession, status: 202 },
    params: v.strictObject({ ...sessionName, prompt, start_if_stopped: v.optional(v.boolean()) }),
    result: sendResult,
    run: ({ sessions }, { session_name, prompt, start_if_stopped }) =>
      sessions.send(session_name, prompt, { startIfStopped: start_if_stopped }),
  }),
  operation({
    name: "prompt.edit",
    summary: "replace a queued prompt",
    isChange: true,
    http: { method: "PATCH", path: "/api/sessions/:id/prompts/:prompt", pathParams: onePrompt },
    params: v.strictObject({ ...sessionName, prompt_id: text, prompt }),
    result: done,
    run({ sessions }, { session_name, prompt_id, prompt }) {
      sessions.editPrompt(session_name, prompt_id, prompt);
      return DONE;
    },
  }),
  operation({
    name: "prompt.remove",
    summary: "remove a queued prompt",
    isChange: true,
    http: { method: "DELETE", path: "/api/sessions/:id/prompts/:prompt", pathParams: onePrompt },
    params: v.strictObject({ ...sessionName, prompt_id: text }),
    result: done,
    run({ sessions }, { session_name, prompt_id }) {
      sessions.removePrompt(session_name, prompt_id);
      return DONE;
    },
  }),
  operation({
    name: "prompt.move",
    summary: "move a queued prompt to a position, from 1",
    isChange: true,
    http: { method: "POST", path: "/api/sessions/:id/prompts/:prompt/move", pathParams: onePrompt },
    params: v.strictObject({ ...sessionName, prompt_id: text, position }),
    result: done,
    run({ sessions }, { session_name, prompt_id, position }) {
      sessions.movePrompt(session_name, prompt_id, position);
      return DONE;
    },
  }),
];

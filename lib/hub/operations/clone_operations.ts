/**
 * The operations that clone repositories into new projects.
 *
 * @module
 */

import * as v from "valibot";
import { operation } from "../operation.ts";
import { cloneJob } from "../project_schemas.ts";
import { text } from "../schemas.ts";
import { nothing } from "./shared.ts";

/** The operations that clone. */
export const cloneOperations = [
  operation({
    name: "project.clone",
    summary: "start to clone a repository into a new project; the topic clones tells how far it is",
    isChange: true,
    http: { method: "POST", path: "/api/projects/clone", status: 202 },
    params: v.strictObject({ url: text, name: v.optional(text), shallow: v.optional(v.boolean()) }),
    result: cloneJob,
    run: ({ clones }, params) => clones.start(params),
  }),
  operation({
    name: "clones.list",
    summary: "list the clones that run, and those that have ended within an hour",
    isChange: false,
    http: { method: "GET", path: "/api/clones" },
    params: nothing,
    result: v.array(cloneJob),
    run: ({ clones }) => clones.list(),
  }),
  operation({
    name: "clone.cancel",
    summary: "cancel a clone, and remove what there is of it",
    isChange: true,
    http: { method: "POST", path: "/api/clones/:id/cancel", pathParams: { id: "clone_id" } },
    params: v.strictObject({ clone_id: text }),
    result: cloneJob,
    run: ({ clones }, { clone_id }) => clones.cancel(clone_id),
  }),
];

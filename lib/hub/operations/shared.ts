/**
 * What the definitions of several operations share.
 *
 * @module
 */

import * as v from "valibot";
import type { Done } from "../done.ts";
import { projectName, sessionName } from "../schemas.ts";

/** The result of an operation that returns nothing else. */
export const DONE: Done = { ok: true };
/** The parameters of an operation that takes none. */
export const nothing = v.strictObject({});
/** The parameters of an operation that takes a session alone. */
export const onlySession = v.strictObject(sessionName);
/** The parameters of an operation that takes a project alone. */
export const onlyProject = v.strictObject(projectName);
/** The parts of a path that names a project. */
export const oneProject = { project: "project_name" } as const;
/** The parts of a path that names a session. */
export const oneSession = { id: "session_name" } as const;
/** The parts of a path that names a prompt of a session. */
export const onePrompt = { id: "session_name", prompt: "prompt_id" } as const;

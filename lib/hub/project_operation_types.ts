/**
 * The operations about projects: their parameters and results.
 *
 * @module
 */

import type {
  ClaudeMd,
  CloneJob,
  CloneParams,
  CreateProjectParams,
  PastConversation,
  PastConversationPage,
  Project,
  ProjectDetails,
  ProjectList,
  ProjectReference,
  SessionDiff,
  Usage,
} from "../projects/types.ts";
import type { Done } from "./done.ts";

/** The parameters and the result of each operation about projects. */
export interface ProjectOperations {
  /** Lists the projects. */
  readonly "projects.list": { params: Record<never, never>; result: ProjectList };
  /** Returns a project. */
  readonly "project.get": { params: ProjectReference; result: ProjectDetails };
  /** Makes a directory for a project. */
  readonly "project.create": { params: CreateProjectParams; result: Project };
  /** Starts to clone a repository into a new project. */
  readonly "project.clone": { params: CloneParams; result: CloneJob };
  /** Lists the clones that run, and those that ended in the last hour, the newest first. */
  readonly "clones.list": { params: Record<never, never>; result: readonly CloneJob[] };
  /** Cancels a clone; returns it when nothing is left of it. */
  readonly "clone.cancel": { params: { readonly clone_id: string }; result: CloneJob };
  /** Records that the user trusts a project, in the agent CLI's own record. */
  readonly "project.trust": { params: ProjectReference; result: Project };
  /** Returns the file `CLAUDE.md` of a project. */
  readonly "project.claude_md.get": { params: ProjectReference; result: ClaudeMd };
  /** Writes the file `CLAUDE.md` of a trusted project, unless somebody else has changed it. */
  readonly "project.claude_md.put": {
    params: ProjectReference & { readonly content: string; readonly base_sha256: string };
    result: ClaudeMd;
  };
  /** Returns what the conversations in a project have used. */
  readonly "project.usage": { params: ProjectReference; result: Usage };
  /** Lists the past conversations in a project, the newest first. */
  readonly "project.history": {
    params: ProjectReference & { readonly limit?: number | undefined; readonly offset?: number | undefined };
    result: readonly PastConversation[];
  };
  /** Returns a page of a past conversation; without `before`, the last one. */
  readonly "project.conversation": {
    params: ProjectReference & {
      readonly conversation_id: string;
      readonly limit?: number | undefined;
      readonly before?: number | undefined;
    };
    result: PastConversationPage;
  };
  /** Removes a work tree; with uncommitted or unpushed work only if its name is confirmed. */
  readonly "project.worktree.remove": {
    params: ProjectReference & { readonly worktree: string; readonly confirm?: string | undefined };
    result: Done;
  };
  /** Returns what differs from where a session started. */
  readonly "session.changes": { params: { readonly session_name: string }; result: SessionDiff };
}

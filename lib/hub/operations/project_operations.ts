/**
 * The operations about projects, and about what sessions have changed in them.
 *
 * @module
 */

import * as v from "valibot";
import { operation } from "../operation.ts";
import { claudeMd, project, projectDetails, projectList, sessionDiff } from "../project_schemas.ts";
import { done, projectName, text } from "../schemas.ts";
import { DONE, nothing, oneProject, oneSession, onlyProject, onlySession } from "./shared.ts";

/** The operations about projects. */
export const projectOperations = [
  operation({
    name: "projects.list",
    summary: "list the projects, and what is no project",
    isChange: false,
    http: { method: "GET", path: "/api/projects" },
    params: nothing,
    result: projectList,
    run: ({ projects }) => projects.list(),
  }),
  operation({
    name: "project.get",
    summary: "show a project and its work trees",
    isChange: false,
    http: { method: "GET", path: "/api/projects/:project", pathParams: oneProject },
    params: onlyProject,
    result: projectDetails,
    run: ({ projects }, { project_name }) => projects.get(project_name),
  }),
  operation({
    name: "project.create",
    summary: "make a directory for a project",
    isChange: true,
    http: { method: "POST", path: "/api/projects", status: 201 },
    params: v.strictObject({ name: text, git_init: v.optional(v.boolean()) }),
    result: project,
    run: ({ projects }, params) => projects.create(params),
  }),
  operation({
    name: "project.trust",
    summary: "record that the user trusts a project",
    isChange: true,
    http: { method: "POST", path: "/api/projects/:project/trust", pathParams: oneProject },
    params: onlyProject,
    result: project,
    run: ({ projects }, { project_name }) => projects.trust(project_name),
  }),
  operation({
    name: "project.claude_md.get",
    summary: "show the file CLAUDE.md of a project",
    isChange: false,
    http: { method: "GET", path: "/api/projects/:project/claude-md", pathParams: oneProject },
    params: onlyProject,
    result: claudeMd,
    run: ({ projects }, { project_name }) => projects.claudeMd(project_name),
  }),
  operation({
    name: "project.claude_md.put",
    summary: "write the file CLAUDE.md of a trusted project",
    isChange: true,
    http: { method: "PUT", path: "/api/projects/:project/claude-md", pathParams: oneProject },
    params: v.strictObject({ ...projectName, content: v.string(), base_sha256: text }),
    result: claudeMd,
    run: ({ projects }, { project_name, content, base_sha256 }) =>
      projects.putClaudeMd(project_name, content, base_sha256),
  }),
  operation({
    name: "project.worktree.remove",
    summary: "remove a work tree and its branch",
    isChange: true,
    http: {
      method: "DELETE",
      path: "/api/projects/:project/worktrees/:worktree",
      pathParams: { ...oneProject, worktree: "worktree" },
    },
    params: v.strictObject({ ...projectName, worktree: text, confirm: v.optional(text) }),
    result: done,
    async run({ projects }, { project_name, worktree, confirm }) {
      await projects.removeWorktree(project_name, worktree, confirm);
      return DONE;
    },
  }),
  operation({
    name: "session.changes",
    summary: "show what differs from where a session started",
    isChange: false,
    http: { method: "GET", path: "/api/sessions/:id/changes", pathParams: oneSession },
    params: onlySession,
    result: sessionDiff,
    run: ({ sessions, projects }, { session_name }) => projects.changes(sessions.origin(session_name)),
  }),
];

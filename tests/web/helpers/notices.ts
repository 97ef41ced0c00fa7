import type { CloneJob, Project } from "../../../lib/projects/types.ts";
import type { Instance } from "../../../lib/remote/types.ts";

/** Makes a clone that is running. */
export function cloneJob(id: string, percent?: number, change: Partial<CloneJob> = {}): CloneJob {
  return {
    id,
    name: `name-${id}`,
    url: `https://git.example/${id}.git`,
    status: "running",
    bytes: 0,
    started_at: "2026-01-01T00:00:00.000Z",
    ...(percent === undefined ? {} : { phase: "Receiving objects", percent }),
    ...change,
  };
}

/** Makes a project. */
export function project(name: string, change: Partial<Project> = {}): Project {
  return {
    name,
    path: `/src/${name}`,
    is_git_repo: true,
    branch: "main",
    changes: 0,
    has_claude_md: false,
    has_claude_dir: false,
    trust: "trusted",
    allow_bypass_permissions: false,
    sessions: 0,
    ...change,
  };
}

/** Makes an instance that runs. */
export function instance(id: string, change: Partial<Instance> = {}): Instance {
  return {
    id,
    project: "web",
    name: `name-${id}`,
    status: "running",
    mode: "standard",
    spawn_mode: "same-dir",
    permission_mode: "default",
    url: null,
    session_url: null,
    environment_id: null,
    pid: 7,
    started_at: "2026-01-01T00:00:00.000Z",
    intentional_stop: false,
    error_detail: null,
    restarts: 0,
    ...change,
  };
}

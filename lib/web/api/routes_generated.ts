/** Made by `deno task web`. */

/** Where each operation is found in HTTP. */
export const ROUTES: Readonly<
  Record<string, { readonly method: string; readonly path: string; readonly parts: Readonly<Record<string, string>> }>
> = {
  "session.start": {
    "method": "POST",
    "path": "/api/sessions",
    "parts": {},
  },
  "sessions.list": {
    "method": "GET",
    "path": "/api/sessions",
    "parts": {},
  },
  "session.get": {
    "method": "GET",
    "path": "/api/sessions/:id",
    "parts": {
      "id": "session_name",
    },
  },
  "session.configure": {
    "method": "PATCH",
    "path": "/api/sessions/:id",
    "parts": {
      "id": "session_name",
    },
  },
  "session.interrupt": {
    "method": "POST",
    "path": "/api/sessions/:id/interrupt",
    "parts": {
      "id": "session_name",
    },
  },
  "session.stop": {
    "method": "POST",
    "path": "/api/sessions/:id/stop",
    "parts": {
      "id": "session_name",
    },
  },
  "session.kill": {
    "method": "POST",
    "path": "/api/sessions/:id/kill",
    "parts": {
      "id": "session_name",
    },
  },
  "session.resume": {
    "method": "POST",
    "path": "/api/sessions/:id/resume",
    "parts": {
      "id": "session_name",
    },
  },
  "session.fork": {
    "method": "POST",
    "path": "/api/sessions/:id/fork",
    "parts": {
      "id": "session_name",
    },
  },
  "session.remove": {
    "method": "DELETE",
    "path": "/api/sessions/:id",
    "parts": {
      "id": "session_name",
    },
  },
  "session.attach": {
    "method": "POST",
    "path": "/api/sessions/:id/attach",
    "parts": {
      "id": "session_name",
    },
  },
  "session.detach": {
    "method": "POST",
    "path": "/api/sessions/:id/detach",
    "parts": {
      "id": "session_name",
    },
  },
  "session.commands": {
    "method": "GET",
    "path": "/api/sessions/:id/commands",
    "parts": {
      "id": "session_name",
    },
  },
  "session.files": {
    "method": "GET",
    "path": "/api/sessions/:id/files",
    "parts": {
      "id": "session_name",
    },
  },
  "projects.list": {
    "method": "GET",
    "path": "/api/projects",
    "parts": {},
  },
  "project.get": {
    "method": "GET",
    "path": "/api/projects/:project",
    "parts": {
      "project": "project_name",
    },
  },
  "project.create": {
    "method": "POST",
    "path": "/api/projects",
    "parts": {},
  },
  "project.trust": {
    "method": "POST",
    "path": "/api/projects/:project/trust",
    "parts": {
      "project": "project_name",
    },
  },
  "project.claude_md.get": {
    "method": "GET",
    "path": "/api/projects/:project/claude-md",
    "parts": {
      "project": "project_name",
    },
  },
  "project.claude_md.put": {
    "method": "PUT",
    "path": "/api/projects/:project/claude-md",
    "parts": {
      "project": "project_name",
    },
  },
  "project.worktree.remove": {
    "method": "DELETE",
    "path": "/api/projects/:project/worktrees/:worktree",
    "parts": {
      "project": "project_name",
      "worktree": "worktree",
    },
  },
  "session.changes": {
    "method": "GET",
    "path": "/api/sessions/:id/changes",
    "parts": {
      "id": "session_name",
    },
  },
  "project.clone": {
    "method": "POST",
    "path": "/api/projects/clone",
    "parts": {},
  },
  "clones.list": {
    "method": "GET",
    "path": "/api/clones",
    "parts": {},
  },
  "clone.cancel": {
    "method": "POST",
    "path": "/api/clones/:id/cancel",
    "parts": {
      "id": "clone_id",
    },
  },
  "project.usage": {
    "method": "GET",
    "path": "/api/projects/:project/usage",
    "parts": {
      "project": "project_name",
    },
  },
  "project.history": {
    "method": "GET",
    "path": "/api/projects/:project/history",
    "parts": {
      "project": "project_name",
    },
  },
  "project.conversation": {
    "method": "GET",
    "path": "/api/projects/:project/history/:id",
    "parts": {
      "project": "project_name",
      "id": "conversation_id",
    },
  },
  "prompt.send": {
    "method": "POST",
    "path": "/api/sessions/:id/prompt",
    "parts": {
      "id": "session_name",
    },
  },
  "prompt.edit": {
    "method": "PATCH",
    "path": "/api/sessions/:id/prompts/:prompt",
    "parts": {
      "id": "session_name",
      "prompt": "prompt_id",
    },
  },
  "prompt.remove": {
    "method": "DELETE",
    "path": "/api/sessions/:id/prompts/:prompt",
    "parts": {
      "id": "session_name",
      "prompt": "prompt_id",
    },
  },
  "prompt.move": {
    "method": "POST",
    "path": "/api/sessions/:id/prompts/:prompt/move",
    "parts": {
      "id": "session_name",
      "prompt": "prompt_id",
    },
  },
  "session.events": {
    "method": "GET",
    "path": "/api/sessions/:id/events",
    "parts": {
      "id": "session_name",
    },
  },
  "session.event": {
    "method": "GET",
    "path": "/api/events/:id",
    "parts": {
      "id": "event_id",
    },
  },
  "events.search": {
    "method": "GET",
    "path": "/api/search",
    "parts": {},
  },
  "permissions.list": {
    "method": "GET",
    "path": "/api/permissions",
    "parts": {},
  },
  "permission.answer": {
    "method": "POST",
    "path": "/api/permissions/:id",
    "parts": {
      "id": "permission_id",
    },
  },
  "session.rules": {
    "method": "GET",
    "path": "/api/sessions/:id/rules",
    "parts": {
      "id": "session_name",
    },
  },
  "session.rule.remove": {
    "method": "DELETE",
    "path": "/api/sessions/:id/rules/:rule",
    "parts": {
      "id": "session_name",
      "rule": "rule_id",
    },
  },
  "auth.sign_in": {
    "method": "POST",
    "path": "/api/sign-in",
    "parts": {},
  },
  "auth.sign_out": {
    "method": "POST",
    "path": "/api/sign-out",
    "parts": {},
  },
  "tokens.list": {
    "method": "GET",
    "path": "/api/tokens",
    "parts": {},
  },
  "tokens.create": {
    "method": "POST",
    "path": "/api/tokens",
    "parts": {},
  },
  "tokens.revoke": {
    "method": "DELETE",
    "path": "/api/tokens/:token",
    "parts": {
      "token": "token_name",
    },
  },
  "sign_ins.list": {
    "method": "GET",
    "path": "/api/sign-ins",
    "parts": {},
  },
  "sign_ins.revoke": {
    "method": "DELETE",
    "path": "/api/sign-ins/:id",
    "parts": {
      "id": "sign_in_id",
    },
  },
  "audit.list": {
    "method": "GET",
    "path": "/api/audit",
    "parts": {},
  },
  "push.key": {
    "method": "GET",
    "path": "/api/push",
    "parts": {},
  },
  "push.subscribe": {
    "method": "POST",
    "path": "/api/push",
    "parts": {},
  },
  "push.unsubscribe": {
    "method": "DELETE",
    "path": "/api/push",
    "parts": {},
  },
  "instances.list": {
    "method": "GET",
    "path": "/api/instances",
    "parts": {},
  },
  "instances.start": {
    "method": "POST",
    "path": "/api/instances",
    "parts": {},
  },
  "instances.get": {
    "method": "GET",
    "path": "/api/instances/:id",
    "parts": {
      "id": "instance_id",
    },
  },
  "instances.stop": {
    "method": "POST",
    "path": "/api/instances/:id/stop",
    "parts": {
      "id": "instance_id",
    },
  },
  "instances.resume": {
    "method": "POST",
    "path": "/api/instances/:id/resume",
    "parts": {
      "id": "instance_id",
    },
  },
  "instances.forget": {
    "method": "DELETE",
    "path": "/api/instances/:id",
    "parts": {
      "id": "instance_id",
    },
  },
  "instance.qr": {
    "method": "GET",
    "path": "/api/instances/:id/qr",
    "parts": {
      "id": "instance_id",
    },
  },
  "instance.log": {
    "method": "GET",
    "path": "/api/instances/:id/log",
    "parts": {
      "id": "instance_id",
    },
  },
  "external.list": {
    "method": "GET",
    "path": "/api/external",
    "parts": {},
  },
  "metrics.get": {
    "method": "GET",
    "path": "/api/metrics",
    "parts": {},
  },
  "load.get": {
    "method": "GET",
    "path": "/api/load",
    "parts": {},
  },
  "hosts.list": {
    "method": "GET",
    "path": "/api/hosts",
    "parts": {},
  },
  "hosts.suggestions": {
    "method": "GET",
    "path": "/api/host-suggestions",
    "parts": {},
  },
  "hosts.get": {
    "method": "GET",
    "path": "/api/hosts/:host",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.add": {
    "method": "POST",
    "path": "/api/hosts",
    "parts": {},
  },
  "hosts.remove": {
    "method": "DELETE",
    "path": "/api/hosts/:host",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.retry": {
    "method": "POST",
    "path": "/api/hosts/:host/retry",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.accept_key": {
    "method": "POST",
    "path": "/api/hosts/:host/accept-key",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.create_key": {
    "method": "POST",
    "path": "/api/hosts/:host/key",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.revoke_key": {
    "method": "DELETE",
    "path": "/api/hosts/:host/key",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.install": {
    "method": "POST",
    "path": "/api/hosts/:host/install",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.upgrade": {
    "method": "POST",
    "path": "/api/hosts/:host/upgrade",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.uninstall": {
    "method": "POST",
    "path": "/api/hosts/:host/uninstall",
    "parts": {
      "host": "host_name",
    },
  },
  "hosts.nats_permissions": {
    "method": "GET",
    "path": "/api/nats-permissions",
    "parts": {},
  },
  "hub.status": {
    "method": "GET",
    "path": "/api/status",
    "parts": {},
  },
  "config.get": {
    "method": "GET",
    "path": "/api/config",
    "parts": {},
  },
  "doctor.get": {
    "method": "GET",
    "path": "/api/doctor",
    "parts": {},
  },
};

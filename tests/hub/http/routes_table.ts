/**
 * Who gets which status at which route. Each line is a route; each column is a client, in the order of
 * {@linkcode CLIENTS}.
 *
 * @module
 */

/** The clients of the table. */
export const CLIENTS = [
  // No credentials.
  "nobody",
  // A token that is not the hub's.
  "wrong",
  // A read-only API token.
  "reader",
  // A browser that has signed in, with the page's key, at a page of another site.
  "foreign",
  // A browser that has signed in, at our page, without the page's key.
  "keyless",
  // A browser that has signed in, with the page's key, without the header Origin.
  "silent",
  // A browser that has signed in with a read-only API token, at our page, with the page's key.
  "viewer",
  // A browser that has signed in, at our page, with the page's key.
  "cookie",
  // The hub's token.
  "token",
] as const;

/** A client of the table. */
export type TableClient = typeof CLIENTS[number];

/**
 * In a path, `{session}` and others stand for one that exists. What follows the path is the body. A route that is no
 * operation has its path as name.
 */
const TABLE = `
                     request                                                     nobody wrong reader foreign keyless silent viewer cookie token
session.start        POST /api/sessions {"path":"/tmp"}                          401    401   403    403     401     403    403    201    201
sessions.list        GET /api/sessions                                           401    401   200    403     401     200    200    200    200
session.get          GET /api/sessions/{session}                                 401    401   200    403     401     200    200    200    200
session.configure    PATCH /api/sessions/{session} {"policy":"deny"}             401    401   403    403     401     403    403    200    200
session.interrupt    POST /api/sessions/{session}/interrupt                      401    401   403    403     401     403    403    200    200
session.stop         POST /api/sessions/{session}/stop                           401    401   403    403     401     403    403    200    200
session.kill         POST /api/sessions/{session}/kill                           401    401   403    403     401     403    403    200    200
session.resume       POST /api/sessions/{session}/resume                         401    401   403    403     401     403    403    200    200
session.fork         POST /api/sessions/{session}/fork                           401    401   403    403     401     403    403    201    201
session.remove       DELETE /api/sessions/{session}                              401    401   403    403     401     403    403    200    200
session.attach       POST /api/sessions/{session}/attach                         401    401   403    403     401     403    403    200    200
session.detach       POST /api/sessions/{session}/detach                         401    401   403    403     401     403    403    200    200
prompt.send          POST /api/sessions/{session}/prompt {"prompt":"hi"}         401    401   403    403     401     403    403    202    202
prompt.edit          PATCH /api/sessions/{session}/prompts/p {"prompt":"x"}      401    401   403    403     401     403    403    200    200
prompt.remove        DELETE /api/sessions/{session}/prompts/p                    401    401   403    403     401     403    403    200    200
prompt.move          POST /api/sessions/{session}/prompts/p/move {"position":1}  401    401   403    403     401     403    403    200    200
session.events       GET /api/sessions/{session}/events                          401    401   200    403     401     200    200    200    200
session.event        GET /api/events/1                                           401    401   200    403     401     200    200    200    200
events.search        GET /api/search?query=hi                                    401    401   200    403     401     200    200    200    200
permissions.list     GET /api/permissions                                        401    401   200    403     401     200    200    200    200
permission.answer    POST /api/permissions/p {"decision":"deny"}                 401    401   403    403     401     403    403    200    200
session.rules        GET /api/sessions/{session}/rules                           401    401   200    403     401     200    200    200    200
session.commands     GET /api/sessions/{session}/commands                        401    401   200    403     401     200    200    200    200
session.files        GET /api/sessions/{session}/files?query=a                   401    401   200    403     401     200    200    200    200
session.rule.remove  DELETE /api/sessions/{session}/rules/r                      401    401   403    403     401     403    403    200    200
session.changes      GET /api/sessions/{session}/changes                         401    401   200    403     401     200    200    200    200
projects.list        GET /api/projects                                           401    401   200    403     401     200    200    200    200
project.get          GET /api/projects/known                                     401    401   200    403     401     200    200    200    200
project.create       POST /api/projects {"name":"new"}                           401    401   403    403     401     403    403    201    201
project.trust        POST /api/projects/known/trust                              401    401   403    403     401     403    403    200    200
project.claude_md.get GET /api/projects/known/claude-md                           401    401   200    403     401     200    200    200    200
project.claude_md.put PUT /api/projects/known/claude-md {"content":"x","base_sha256":"{nothing}"} 401 401 403 403 401 403    403    200    200
project.worktree.remove DELETE /api/projects/known/worktrees/w                    401    401   403    403     401     403    403    404    404
project.clone        POST /api/projects/clone {"url":"x"}                        401    401   403    403     401     403    403    422    422
clones.list          GET /api/clones                                             401    401   200    403     401     200    200    200    200
clone.cancel         POST /api/clones/c/cancel                                   401    401   403    403     401     403    403    404    404
project.usage        GET /api/projects/known/usage                               401    401   200    403     401     200    200    200    200
project.history      GET /api/projects/known/history                             401    401   200    403     401     200    200    200    200
project.conversation GET /api/projects/known/history/c                           401    401   404    403     401     404    404    404    404
auth.sign_in         POST /api/sign-in {"token":"{owner}"}                       200    200   200    403     200     200    200    200    200
auth.sign_out        POST /api/sign-out                                          401    401   200    403     401     403    200    200    200
tokens.list          GET /api/tokens                                             401    401   200    403     401     200    200    200    200
tokens.create        POST /api/tokens {"name":"new"}                             401    401   403    403     401     403    403    201    201
tokens.revoke        DELETE /api/tokens/{token}                                  401    401   403    403     401     403    403    200    200
sign_ins.list        GET /api/sign-ins                                           401    401   200    403     401     200    200    200    200
sign_ins.revoke      DELETE /api/sign-ins/{sign_in}                              401    401   403    403     401     403    403    200    200
instances.list       GET /api/instances                                          401    401   200    403     401     200    200    200    200
instances.start      POST /api/instances {"project":"new"}                       401    401   403    403     401     403    403    201    201
instances.start      POST /api/instances {"project":"web"}                       401    401   403    403     401     403    403    200    200
instances.get        GET /api/instances/i                                        401    401   200    403     401     200    200    200    200
instances.stop       POST /api/instances/i/stop                                  401    401   403    403     401     403    403    200    200
instances.resume     POST /api/instances/i/resume                                401    401   403    403     401     403    403    200    200
instances.forget     DELETE /api/instances/i                                     401    401   403    403     401     403    403    200    200
instance.qr          GET /api/instances/i/qr                                     401    401   403    403     401     200    403    200    200
instance.log         GET /api/instances/i/log                                    401    401   200    403     401     200    200    200    200
external.list        GET /api/external                                           401    401   200    403     401     200    200    200    200
metrics.get          GET /api/metrics                                            401    401   200    403     401     200    200    200    200
load.get             GET /api/load                                               401    401   200    403     401     200    200    200    200
push.key             GET /api/push                                               401    401   200    403     401     200    200    200    200
push.subscribe       POST /api/push {subscription}                               401    401   403    403     401     403    200    200    403
push.unsubscribe     DELETE /api/push                                            401    401   403    403     401     403    200    200    403
hosts.list           GET /api/hosts                                              401    401   200    403     401     200    200    200    200
hosts.suggestions    GET /api/host-suggestions                                       401    401   200    403     401     200    200    200    200
hosts.get            GET /api/hosts/box                                          401    401   200    403     401     200    200    200    200
hosts.add            POST /api/hosts {"name":"new","address":"ssh://box"}        401    401   403    403     401     403    403    201    201
hosts.remove         DELETE /api/hosts/box                                       401    401   403    403     401     403    403    200    200
hosts.retry          POST /api/hosts/box/retry                                   401    401   403    403     401     403    403    200    200
hosts.accept_key     POST /api/hosts/box/accept-key {"fingerprint":"SHA256:x"}   401    401   403    403     401     403    403    409    409
hosts.create_key     POST /api/hosts/laptop/key                                  401    401   403    403     401     403    403    201    201
hosts.revoke_key     DELETE /api/hosts/box/key                                   401    401   403    403     401     403    403    409    409
hosts.install        POST /api/hosts/nobody/install                              401    401   403    403     401     403    403    404    404
hosts.upgrade        POST /api/hosts/nobody/upgrade                              401    401   403    403     401     403    403    404    404
hosts.uninstall      POST /api/hosts/nobody/uninstall                            401    401   403    403     401     403    403    404    404
hosts.nats_permissions GET /api/nats-permissions                                 401    401   409    403     401     409    409    409    409
audit.list           GET /api/audit                                              401    401   200    403     401     200    200    200    200
hub.status           GET /api/status                                             401    401   200    403     401     200    200    200    200
config.get           GET /api/config                                             401    401   200    403     401     200    200    200    200
doctor.get           GET /api/doctor                                             401    401   200    403     401     200    200    200    200
/api/events          GET /api/events                                             401    401   200    403     401     200    200    200    200
/api/openapi.json    GET /api/openapi.json                                       401    401   200    403     401     200    200    200    200
/ws/dashboard        WS /ws/dashboard                                            401    401   101    403     101     403    101    101    101
/ws/dashboard        GET /ws/dashboard                                           401    401   426    403     426     403    426    426    426
/ws/terminal/:id     WS /ws/terminal/{session}                                   401    401   101    403     101     403    101    101    101
/ws/terminal/:id     GET /ws/terminal/{session}                                  401    401   426    403     426     403    426    426    426
/ws/daemon           WS /ws/daemon                                               401    401   401    403     403     401    403    403    401
/ws/daemon           GET /ws/daemon                                              401    401   401    403     403     401    403    403    401
/healthz             GET /healthz                                                200    200   200    200     200     200    200    200    200
/                    GET /                                                       200    200   200    200     200     200    200    200    200
/sessions/:id        GET /sessions/{session}                                     200    200   200    200     200     200    200    200    200
/terminal/:id        GET /terminal/{session}                                     200    200   200    200     200     200    200    200    200
/assets/:name        GET /assets/theme.js                                        200    200   200    200     200     200    200    200    200
/manifest.webmanifest GET /manifest.webmanifest                                   200    200   200    200     200     200    200    200    200
/service_worker.js   GET /service_worker.js                                      200    200   200    200     200     200    200    200    200
/metrics             GET /metrics                                                404    404   404    404     404     404    404    404    404
/nowhere             GET /nowhere                                                404    404   404    404     404     404    404    404    404
/api/sessions        PUT /api/sessions {}                                        405    405   405    405     405     405    405    405    405
`;

/** A line of the table. */
export interface TableRow {
  /** The name of the operation, or the path of another route. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly statuses: Readonly<Record<TableClient, number>>;
}

/** The lines of the table. */
export const ROWS: readonly TableRow[] = TABLE.trim().split("\n").slice(1).map((line) => {
  const words = line.split(/\s+/);
  const [name = "", method = "", path = ""] = words;
  const numbers = words.slice(-CLIENTS.length).map(Number);
  const statuses = Object.fromEntries(CLIENTS.map((client, i) => [client, numbers[i]!])) as TableRow["statuses"];
  const body = words.slice(3, -CLIENTS.length).join(" ");
  return { name, method, path, body: body === "" ? undefined : body, statuses };
});

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parse } from "@std/toml/parse";
import { ConfigError, parseHubConfig } from "../../../lib/hub/config.ts";
import { CLAUSTER } from "../../../lib/hub/foreign_config/clauster.ts";
import { importConfig, type ImportedConfig } from "../../../lib/hub/foreign_config/import_config.ts";

/** A hash of the right form, of no password. */
const HASH = `$argon2id$v=19$m=65536,t=3,p=4$${"c2FsdHNhbHRzYWx0c2FsdA"}$${"A".repeat(43)}`;

/** The settings that people have in clauster.yml, each with a value that differs from its default. */
const CLAUSTER_FILE = `
host: 0.0.0.0
port: 8080
state_dir: ~/.clauster
root_path: /agents
log_format: json
log_level: warning
instance_name: box
projects_root: ~/code
auth:
  enabled: true
  password_required: true
  password_hash: "${HASH}"
  session_max_age_seconds: 60
  cookie_secure: always
  allowed_origins: [https://box.example.org, "http://box.lan:8080"]
  allow_unauthenticated_network: false
  reverse_proxy:
    enabled: true
    user_header: X-User
    shared_secret_header: X-Signature
    trusted_ips: [10.0.0.0/8]
    shared_secret: sixteen letters!
    hmac_window_seconds: 60
claude:
  binary: ~/bin/claude
  min_version: "2.1.200"
  auto_enable_remote_control: false
  startup_grace_seconds: 30.5
  agents_json_poll_interval_seconds: 10
  resume_mode: pty
  resume_recap: true
  resume_recap_max_chars: 500
  env: {FOO: bar, PORT: 8080}
  path_append: [~/.local/bin, /opt/bin]
instance_defaults:
  spawn_mode: worktree
  permission_mode: plan
  capacity: 4
  max_bridges: 3
  session_name_prefix: team
  verbose: true
projects:
  my.repo: {allow_bypass_permissions: true}
clone:
  enabled: true
  allowed_schemes: [https]
  allow_private_hosts: true
  allowed_private_cidrs: [10.0.0.0/8]
  timeout_seconds: 60
  max_mb: 100
logs: {redact_session_url: true, bridge_log_max_size_mb: 20, keep_rotated: 1, retention_max_age_days: 7}
usage: {mode: tokens, currency: EUR, fx_rate: 0.9}
metrics: {enabled: false, poll_seconds: 8, normalize_cpu: true, show_disk: false}
reaper: {ui_enabled: true}
observability: {prometheus_enabled: true}
webhooks:
  enabled: true
  urls: [https://example.org/hook]
  events: {spawn: false, ready: false, permission-needed: true}
tls: {cert_file: ~/cert.pem, key_file: /etc/key.pem}
`;

/** Imports a file with these variables; the files that variables may name are given by path. */
async function imported(
  text: string,
  values: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<ImportedConfig> {
  const readText = (path: string) => Promise.resolve(files[path]!);
  return await importConfig({ text, file: "the-file.yml", variables: { values, readText }, home: "/home/me" });
}

/** Returns the message with which a file is refused. */
async function refusal(text: string, values: Record<string, string> = {}): Promise<string> {
  return (await assertRejects(() => imported(text, values), ConfigError)).message;
}

Deno.test("importConfig() translates all of clauster's settings that have a counterpart", async () => {
  const { text } = await imported(CLAUSTER_FILE);
  assertEquals(parse(text), {
    listen: "0.0.0.0:8080",
    base_path: "/agents",
    log_format: "json",
    log_level: "warn",
    name: "box",
    tls: { cert_file: "/home/me/cert.pem", key_file: "/etc/key.pem" },
    agent: {
      binary: "/home/me/bin/claude",
      env: { FOO: "bar", PORT: "8080" },
      path_append: ["/home/me/.local/bin", "/opt/bin"],
    },
    projects: { root: "/home/me/code", "my.repo": { allow_bypass_permissions: true } },
    clone: {
      schemes: ["https"],
      allow_private_hosts: true,
      allowed_cidrs: ["10.0.0.0/8"],
      timeout_seconds: 60,
      max_mb: 100,
    },
    remote: {
      max: 3,
      mode: "pty",
      auto_enable: false,
      grace_seconds: 31,
      poll_seconds: 10,
      recap: true,
      recap_max_chars: 500,
      capacity: 4,
      session_name_prefix: "team",
      verbose: true,
    },
    usage: { mode: "tokens" },
    reaper: { ui: true },
    logs: { redact_on_disk: true },
    auth: {
      password_hash: HASH,
      allow_unauthenticated_network: false,
      allowed_hosts: ["box.example.org", "box.lan:8080"],
      proxy: {
        trusted_ips: ["10.0.0.0/8"],
        user_header: "X-User",
        signature_header: "X-Signature",
        secret: "sixteen letters!",
      },
    },
    webhooks: [{
      url: "https://example.org/hook",
      events: ["session.stopped", "session.error", "session.waiting_permission"],
    }],
  });
});

Deno.test("what importConfig() prints is a configuration that the hub accepts without a warning", async () => {
  const { text } = await imported(CLAUSTER_FILE);
  const { config, warnings } = await parseHubConfig(text, "hub.toml");
  assertEquals(warnings, []);
  assertEquals(config.auth.passwordHash, HASH);
  assertEquals(config.projects.allowsBypass("/home/me/code/my.repo"), true);
});

Deno.test("importConfig() names each setting of clauster that has no counterpart", async () => {
  const { text, notes } = await imported(CLAUSTER_FILE);
  const lost = [
    "state_dir",
    "auth.session_max_age_seconds",
    "auth.cookie_secure",
    "claude.min_version",
    "instance_defaults.spawn_mode",
    "instance_defaults.permission_mode",
    "logs.bridge_log_max_size_mb",
    "logs.keep_rotated",
    "logs.retention_max_age_days",
    "usage.currency",
    "usage.fx_rate",
    "metrics.enabled",
    "metrics.poll_seconds",
    "metrics.normalize_cpu",
    "metrics.show_disk",
    "observability.prometheus_enabled",
  ];
  assertEquals(lost.filter((path) => !notes.some((note) => note.startsWith(`${path} = `))), []);
  assertEquals(notes.filter((note) => !text.includes(`# - ${note}\n`)), []);
  assertEquals(notes.filter((note) => note.includes("no such setting")), []);
});

Deno.test("importConfig() knows every setting of clauster, by itself, as told or as translated", async () => {
  const samples = { text: "pty", number: 7, flag: true, texts: ["a"], any: "tokens", table: { a: 1 } };
  const quiet: string[] = [];
  for (const [path, { kind, fixed }] of Object.entries(CLAUSTER.settings)) {
    const value = typeof fixed === "boolean" ? !fixed : samples[kind];
    const tree = path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    const { text, notes } = await imported(JSON.stringify(tree));
    if (notes.length === 0 && Object.keys(parse(text)).length === 0) quiet.push(path);
    assertEquals(notes.filter((note) => note.includes("no such setting") && note.startsWith(`${path}:`)), []);
  }
  // Alone, these say what is so anyway.
  assertEquals(quiet, ["clone.enabled", "usage.show_cost", "webhooks.enabled"]);
});

Deno.test("importConfig() tells of every key that it does not know", async () => {
  const { notes, text } = await imported(
    "projects_root: /code\nfrobnicate: {deep: {er: 1}}\nauth: {pasword_hash: x}\nconstructor: 1\n" +
      '"auth.enabled": true\nprojects: {web: {colour: red}, desk: 1, shop: }\nwebhooks: {events: {nope: true}}\nempty: {}\nnothing:\n',
  );
  const unknown = notes.filter((note) => note.includes("no such setting")).map((note) => note.split(": ")[0]);
  assertEquals(unknown, [
    "projects.web.colour",
    "projects.desk",
    "webhooks.events.nope",
    "frobnicate.deep.er",
    "auth.pasword_hash",
    "constructor",
    '"auth.enabled"',
    "nothing",
  ]);
  assertEquals(parse(text), { projects: { root: "/code" } });
});

Deno.test("importConfig() lets variables override clauster's settings, of each kind", async () => {
  const { text, notes } = await imported("projects_root: /code\nport: 1\nclone: {allowed_schemes: [ssh]}\n", {
    CLAUSTER_PORT: "9000",
    CLAUSTER_CLONE_ALLOWED_SCHEMES: "https, ssh,",
    CLAUSTER_CLAUDE_RESUME_RECAP: "True",
    CLAUSTER_INSTANCE_NAME: "desk",
    CLAUSTER_CONFIG: "/x",
    CLAUSTER_PROTS: "1",
    OTHER: "1",
  });
  assertEquals(parse(text), {
    listen: "127.0.0.1:9000",
    name: "desk",
    projects: { root: "/code" },
    clone: { schemes: ["https", "ssh"] },
    remote: { recap: true },
  });
  assertEquals(notes, ["CLAUSTER_PROTS: no such setting is known, so that it is left out"]);
});

Deno.test("importConfig() reads the file that a variable names, which wins over the variable", async () => {
  const variables = { CLAUSTER_AUTH_PASSWORD_HASH: "x", CLAUSTER_AUTH_PASSWORD_HASH_FILE: "/run/hash" };
  const { text } = await imported("projects_root: /code\n", variables, { "/run/hash": `${HASH}\n` });
  assertEquals((await parseHubConfig(text, "hub.toml")).config.auth.passwordHash, HASH);
});

Deno.test("importConfig() refuses values of a wrong type, and does not show secrets", async () => {
  assertEquals(await refusal("port: high\n"), 'the-file.yml: port must be a number, not "high"');
  assertEquals(await refusal("clone: {max_mb: -1}\n"), "the-file.yml: clone.max_mb must be a number, not -1");
  assertEquals(
    await refusal("auth: {password_hash: [hunter2]}\n"),
    "the-file.yml: auth.password_hash must be a text, which it is not",
  );
  assertEquals(
    await refusal("host: 127.0.0.1\n", { CLAUSTER_PORT: "high" }),
    'CLAUSTER_PORT must be a number, not "high"',
  );
});

Deno.test("importConfig() leaves out what the hub does not accept, and says why", async () => {
  const { text, notes } = await imported(
    "host: my-host\nport: 1\nauth: {password_hash: $2b$12$bcrypt}\nlog_level: x\n",
  );
  assertEquals(parse(text), {});
  const all = notes.join("\n");
  assertStringIncludes(all, "host and port: left out, because listen ");
  assertStringIncludes(all, "auth.password_hash: left out, because auth.password_hash must be an argon2id hash");
  assertStringIncludes(all, "log_level: left out, because log_level must be one of");
  assert(!all.includes("bcrypt"));
});

Deno.test("importConfig() says so if the hub would not start", async () => {
  const { notes } = await imported("host: 0.0.0.0\nprojects_root: /code\n");
  assertStringIncludes(notes.join("\n"), "the hub does not start like this: cannot listen on 0.0.0.0:7621");
});

Deno.test("importConfig() turns clauster's switches off as they were", async () => {
  const { text } = await imported("clone: {enabled: false, max_mb: 0}\nusage: {show_cost: false}\n");
  assertEquals(parse(text), { clone: { schemes: [], max_mb: 0 }, usage: { mode: "off" } });
  const { text: off } = await imported("usage: {mode: off}\nwebhooks: {enabled: false, urls: [https://a.b]}\n");
  assertEquals(parse(off), { usage: { mode: "off" } });
});

Deno.test("importConfig() makes a link of the configuration of CCRM's daemon, without its key", async () => {
  const { text, notes } = await imported(
    "server: {url: 'https://hub.example.org', api_key: abcdef}\n" +
      "daemon: {socket_path: /run/ccrm.sock, tmux_prefix: ccrm-, log_level: WARN}\nclaude: {binary: /bin/claude}\nx: 1\n",
  );
  assertEquals(parse(text), {
    sessions: { tmux_prefix: "ccrm-" },
    log_level: "warn",
    agent: { binary: "/bin/claude" },
    links: [{ url: "wss://hub.example.org/ws/daemon", key_file: "/home/me/.config/claustrum/link.key" }],
  });
  assertEquals((await parseHubConfig(text, "hub.toml")).warnings, []);
  assert(!text.includes("abcdef"));
  assertStringIncludes(notes.join("\n"), 'daemon.socket_path = "/run/ccrm.sock": the hub\'s socket is');
  assertStringIncludes(notes.join("\n"), "x: no such setting is known");
});

Deno.test("importConfig() translates the configuration of CCRM's server", async () => {
  const { text, notes } = await imported(
    "server: {listen: ':8080'}\ndatabase: {path: /var/ccrm.db}\nauth: {daemon_api_key: abcdef, dashboard_token: ghijkl}\n",
  );
  assertEquals(parse(text), { listen: "0.0.0.0:8080" });
  const all = notes.join("\n");
  for (const path of ["database.path", "auth.daemon_api_key", "auth.dashboard_token"]) assertStringIncludes(all, path);
  assert(!/abcdef|ghijkl/.test(text));
});

Deno.test("importConfig() refuses the values of samples", async () => {
  const samples = [
    "server: {listen: ':8080'}\nauth: {dashboard_token: change-me-dashboard}\n",
    "server: {url: 'http://x', api_key: change-me-in-production}\n",
    "projects_root: /code\nauth: {reverse_proxy: {shared_secret: Change-Me-please}}\n",
    "projects_root: /code\nunknown: {deep: [change-me-1]}\n",
  ];
  for (const sample of samples) assertStringIncludes(await refusal(sample), "still has the value of the sample");
});

Deno.test("importConfig() refuses what is no configuration of a program that it knows", async () => {
  assertStringIncludes(await refusal("a: [1\nb: 2\n"), "the-file.yml is not valid YAML: ");
  assertStringIncludes(await refusal("- 1\n"), "the-file.yml contains no settings");
  assertStringIncludes(await refusal(""), "the-file.yml contains no settings");
  assertStringIncludes(await refusal("colour: red\n"), "the-file.yml has no setting that clauster or CCRM know");
});

Deno.test("importConfig() takes references, but not those without an end", async () => {
  const { text } = await imported("x: &list [https]\nclone: {allowed_schemes: *list}\n");
  assertEquals(parse(text), { clone: { schemes: ["https"] } });
  const message = "the-file.yml contains too many values, or refers to itself";
  assertEquals(await refusal("projects_root: /code\nx: &x\n  y: *x\n"), message);
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]\n`).join("");
  assertEquals(await refusal(`l0: &l0 [x]\n${levels}`), message);
});

Deno.test("importConfig() keeps names and values with odd characters from becoming TOML", async () => {
  const { text, notes } = await imported(
    'projects_root: "/code\\u007f\\nlisten = 1"\n"a\\nlisten = 2": 1\nstate_dir: "x\\nlisten = 3"\n',
  );
  assertEquals(parse(text), { projects: { root: "/code\x7f\nlisten = 1" } });
  assertEquals(notes.length, 2);
});

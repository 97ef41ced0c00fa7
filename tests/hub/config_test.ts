import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parse } from "@std/toml/parse";
import { ConfigError, resolveHubConfig } from "../../lib/hub/config.ts";
import { CONFIG_KEYS } from "../../lib/hub/config_schema.ts";
import { describeConfig, exampleConfig } from "../../lib/hub/config_text.ts";
import { pushHostText } from "../../lib/hub/push/push_hosts.ts";
import { tempDir } from "../helpers/temp.ts";

/** A hash of the right form, of no password. */
const PASSWORD_HASH = `$argon2id$v=19$m=19456,t=2,p=1$${"c2FsdHNhbHRzYWx0c2FsdA"}$${"A".repeat(43)}`;
/** A table that is right. */
const PROXY = `trusted_ips = ["10.0.0.0/8"]
user_header = "X-User"
signature_header = "X-Signature"
secret = "sixteen letters!"
`;

function environment(variables: Record<string, string> = {}) {
  return { get: (name: string) => variables[name] };
}

/** Resolves a configuration with this content, and these variables. */
async function resolve(content: string, variables: Record<string, string> = {}) {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  await Deno.writeTextFile(file, content);
  const resolved = await resolveHubConfig({ file, env: environment(variables) });
  const shorten = (text: string) => text.replaceAll(file, "FILE");
  return { ...resolved, warnings: resolved.warnings.map(shorten), text: shorten(describeConfig(resolved)) };
}

/** Returns the message with which a configuration is refused. */
async function refusal(content: string, variables: Record<string, string> = {}): Promise<string> {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  await Deno.writeTextFile(file, content);
  const error = await assertRejects(() => resolveHubConfig({ file, env: environment(variables) }), ConfigError);
  return error.message.replaceAll(file, "FILE");
}

Deno.test("resolveHubConfig() returns the defaults when there is no file", async () => {
  const { config, warnings } = await resolveHubConfig({ env: environment({ HOME: "/dev/null/absent" }) });
  assertEquals(warnings, []);
  assertEquals(config.sessions.policy, "ask");
  assertEquals(config.sessions.max, 50);
  assertEquals(config.events, { keepDays: 30, keepMb: 1024 });
  assertEquals(config.agent, { binary: "claude", env: {}, pathAppend: [] });
  assertEquals([config.name, config.daemonSocket, config.projects.root], [undefined, undefined, undefined]);
  const listen = { hostname: "127.0.0.1", port: 7621 };
  assertEquals(config.web, { listen, isListenConfigured: false, basePath: "", tls: undefined });
  assertEquals(config.auth, {
    passwordHash: undefined,
    proxy: undefined,
    isDisabled: false,
    allowsUnauthenticatedNetwork: false,
    allowedHosts: [],
  });
  assertEquals(config.metricsToken, undefined);
  assertEquals(config.webhooks, []);
});

Deno.test("resolveHubConfig() reads Web Push, which is off unless it is turned on", async () => {
  const { config: off } = await resolve('push.contact = "mailto:me@example.org"\n');
  assertEquals(off.push, undefined);
  const { config, warnings } = await resolve('push = { enabled = true, contact = "https://example.org/me" }\n');
  assertEquals(warnings, []);
  assertEquals(config.push?.contact, "https://example.org/me");
  assertEquals(config.push?.hosts.map(pushHostText), [
    "fcm.googleapis.com:443",
    "updates.push.services.mozilla.com:443",
    "*.push.apple.com:443",
    "*.notify.windows.com:443",
  ]);
});

Deno.test("resolveHubConfig() refuses Web Push that push services would refuse", async () => {
  assertEquals(
    await refusal("push.enabled = true\n"),
    "FILE:1: push.enabled is set without push.contact: push services want to know whom to ask",
  );
  assertEquals(
    await refusal('push.contact = "me@example.org"\n'),
    'FILE:1: push.contact must be "mailto:you@example.org" or "https://example.org", not "me@example.org"',
  );
  assertEquals(
    await refusal('push.hosts = ["push.example.org", "https://example.org"]\n'),
    'FILE:1: push.hosts must be names such as "push.example.org" or "*.example.org", not "https://example.org"',
  );
});

Deno.test("resolveHubConfig() reads the keys of a file", async () => {
  const { config, warnings } = await resolve(`name = "desk"
daemon.socket = "/run/d.sock"
[agent]
env = { ANTHROPIC_LOG = "debug" }
path_append = ["/opt/bin"]
[sessions]
policy = "deny"
max_cost_usd = 2.5
`);
  assertEquals(warnings, []);
  assertEquals([config.name, config.daemonSocket], ["desk", "/run/d.sock"]);
  assertEquals(config.agent, { binary: "claude", env: { ANTHROPIC_LOG: "debug" }, pathAppend: ["/opt/bin"] });
  assertEquals([config.sessions.policy, config.sessions.maxCostUsd], ["deny", 2.5]);
});

Deno.test("resolveHubConfig() reads the web address and who may talk to it", async () => {
  const { config, warnings } = await resolve(`listen = "[::1]:80"
base_path = "/hub/"
tls = { cert_file = "/c", key_file = "/k" }
metrics.token = "0123456789abcdef"
[auth]
password_hash = "${PASSWORD_HASH}"
disabled = true
allow_unauthenticated_network = true
allowed_hosts = ["Hub.example.org", "b\u00fccher.example:443"]
[auth.proxy]
${PROXY}`);
  assertEquals(warnings, []);
  assertEquals(config.web, {
    listen: { hostname: "::1", port: 80 },
    isListenConfigured: true,
    basePath: "/hub",
    tls: { certFile: "/c", keyFile: "/k" },
  });
  assertEquals(config.auth, {
    passwordHash: PASSWORD_HASH,
    proxy: {
      trustedIps: [{ bytes: Uint8Array.of(10, 0, 0, 0), prefixLength: 8 }],
      userHeader: "x-user",
      signatureHeader: "x-signature",
      secret: "sixteen letters!",
    },
    isDisabled: true,
    allowsUnauthenticatedNetwork: true,
    allowedHosts: [
      { name: "hub.example.org", port: undefined },
      { name: "xn--bcher-kva.example", port: 443 },
    ],
  });
  assertEquals(config.metricsToken, "0123456789abcdef");
});

Deno.test("resolveHubConfig() returns no web address when the user wants none", async () => {
  const { config } = await resolve('listen = ""\n');
  assertEquals([config.web.listen, config.web.isListenConfigured], [undefined, true]);
});

for (const [written, basePath] of [["/", ""], ["/a/b", "/a/b"], ["/a.b/", "/a.b"]] as const) {
  Deno.test(`resolveHubConfig() reads the base path ${written} as "${basePath}"`, async () => {
    assertEquals((await resolve(`base_path = "${written}"\n`)).config.web.basePath, basePath);
  });
}

for (const path of ["a", "//a", "/a//b", "/a/..", "/./a", "/a?b", "/a b", "/a/b//", "/%41"]) {
  Deno.test(`resolveHubConfig() refuses the base path ${path}`, async () => {
    assertStringIncludes(await refusal(`base_path = "${path}"\n`), "FILE:1: base_path must be a path such as");
  });
}

for (
  const [content, message] of [
    ["name = 3\n", "FILE:1: name must be a text, not 3"],
    ['\n[sessions]\nmax = "x"\n', 'FILE:3: sessions.max must be a whole number from 0, not "x"'],
    ["sessions.max = -1\n", "FILE:1: sessions.max must be a whole number from 0, not -1"],
    ["sessions = { max = 1.5 }\n", "FILE:1: sessions.max must be a whole number from 0, not 1.5"],
    ["[sessions]\npolicy = 'maybe'\n", 'FILE:2: sessions.policy must be one of "ask", "allow", "deny", not "maybe"'],
    ["sessions = 3\n", "FILE:1: sessions must be a table, not 3"],
    ['[agent]\npath_append = "/x"\n', 'FILE:2: agent.path_append must be a list of texts, not "/x"'],
    ...(["HOME", "CLAUDE_CONFIG_DIR"].map((name) => [
      `[agent.env]\nKEY = "x"\n${name} = "/x"\n`,
      `FILE:3: agent.env.${name} cannot be set: the hub looks for the agent's files where its own HOME says; ` +
      "set HOME for the hub and the daemon",
    ])),
    ["[agent.env]\nKEY = 3\n", "FILE:1: agent.env must be a table of texts, which it is not"],
    ["[auth]\npassword_hash = 7\n", "FILE:2: auth.password_hash must be a text, which it is not"],
    [
      '[projects.x]\nallow_bypass_permissions = "yes"\n',
      'FILE:2: projects.x.allow_bypass_permissions must be true or false, not "yes"',
    ],
    ['[projects]\n"/a b" = 1\n', 'FILE:2: projects."/a b" must be a table, not 1'],
    [
      "[auth]\npassword_hash = 'secret'\n",
      "FILE:2: auth.password_hash must be an argon2id hash, which it is not: " +
      "claustrum hub hash-password makes one",
    ],
    [
      'listen = "example.org:80"\n',
      "FILE:1: listen must have an IP address or localhost before the port, " +
      'not "example.org:80"',
    ],
    ['listen = "127.0.0.1:65536"\n', 'FILE:1: listen must have a port from 0 to 65535, not "127.0.0.1:65536"'],
    ['base_path = "hub"\n', 'FILE:1: base_path must be a path such as "/claustrum", or "" for none, not "hub"'],
    [
      '[auth]\nallowed_hosts = ["a.org", "https://b.org"]\n',
      "FILE:2: auth.allowed_hosts must be names such as " +
      '"hub.example.org", with or without a port, not "https://b.org"',
    ],
    [
      `[auth.proxy]\n${PROXY.replace("sixteen letters!", "short")}`,
      "FILE:5: auth.proxy.secret must be a text of at " +
      "least 16 characters",
    ],
    [
      "[auth]\nproxy = {}\n",
      "FILE:2: auth.proxy has no trusted_ips: it needs trusted_ips, user_header, " +
      "signature_header, secret",
    ],
    [
      "metrics.token = 'short'\n",
      "FILE:1: metrics.token must have at least 16 characters, all of them ASCII and no " +
      "space",
    ],
    ["[tls]\nkey_file = '/k'\n", "FILE:2: tls.key_file is set without tls.cert_file: set both or neither"],
    ['webhooks = ["x"]\n', "FILE:1: webhooks must be a list of tables, which it is not"],
  ] as const
) {
  Deno.test(`resolveHubConfig() refuses ${JSON.stringify(content)}`, async () => {
    assertEquals(await refusal(content), message);
  });
}

Deno.test("resolveHubConfig() refuses a file that is not TOML", async () => {
  assertStringIncludes(await refusal("name = \n"), "FILE is not valid TOML: ");
});

Deno.test("resolveHubConfig() refuses a file that is named and not there", async () => {
  const env = environment({ CLAUSTRUM_HUB_CONFIG: "/dev/null/absent/hub.toml" });
  const { message } = await assertRejects(() => resolveHubConfig({ env }), ConfigError);
  assertEquals(message, "cannot read /dev/null/absent/hub.toml: not a directory");
});

Deno.test("resolveHubConfig() refuses a directory in place of the file", async () => {
  await using dir = await tempDir();
  const { message } = await assertRejects(() => resolveHubConfig({ file: dir.path, env: environment() }), ConfigError);
  assertEquals(message, `cannot read ${dir.path}: is a directory`);
});

for (
  const [content, warning] of [
    ["[sessions]\npolcy = 'ask'\n", "FILE:2: sessions.polcy is not a key: did you mean sessions.policy?"],
    ["zzz = 1\n", "FILE:1: zzz is not a key"],
    [
      "[projects.x]\nallow_bypass_permission = true\n",
      "FILE:2: projects.x.allow_bypass_permission is not a key: did you mean projects.x.allow_bypass_permissions?",
    ],
    ["[frobnicate]\na = 1\n", "FILE:1: frobnicate is not a key"],
  ] as const
) {
  Deno.test(`resolveHubConfig() warns of ${JSON.stringify(content)}`, async () => {
    assertEquals((await resolve(content)).warnings, [warning]);
  });
}

Deno.test("resolveHubConfig() prefers variables to the file", async () => {
  const { config } = await resolve("[sessions]\npolicy = 'deny'\nresume_lost = false\n", {
    CLAUSTRUM_SESSIONS_POLICY: "allow",
    CLAUSTRUM_SESSIONS_RESUME_LOST: "true",
    CLAUSTRUM_SESSIONS_MAX_COST_USD: "1.5",
  });
  assertEquals([config.sessions.policy, config.sessions.resumeLost, config.sessions.maxCostUsd], ["allow", true, 1.5]);
});

Deno.test("resolveHubConfig() reads a value from the file that a variable names", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/name`, "desk\n");
  const { config, text } = await resolve("", { CLAUSTRUM_NAME_FILE: `${dir.path}/name` });
  assertEquals(config.name, "desk");
  assertStringIncludes(text, `# CLAUSTRUM_NAME_FILE: ${dir.path}/name`);
});

for (
  const [variables, message] of [
    [
      { CLAUSTRUM_SESSIONS_MAX: "many" },
      'CLAUSTRUM_SESSIONS_MAX: sessions.max must be a whole number from 0, not "many"',
    ],
    [
      { CLAUSTRUM_SESSIONS_RESUME_LOST: "yes" },
      'CLAUSTRUM_SESSIONS_RESUME_LOST: sessions.resume_lost must be true or false, not "yes"',
    ],
    [
      { CLAUSTRUM_LISTEN: "7621" },
      'CLAUSTRUM_LISTEN: listen must be ADDRESS:PORT, such as "127.0.0.1:7621", ' +
      '"[::1]:7621", or "0.0.0.0:7621" for all addresses of this machine, not "7621"',
    ],
    [
      { CLAUSTRUM_TLS_CERT_FILE: "/c" },
      "CLAUSTRUM_TLS_CERT_FILE: tls.cert_file is set without tls.key_file: set both " +
      "or neither",
    ],
    [{ CLAUSTRUM_NAME: "a", CLAUSTRUM_NAME_FILE: "b" }, "set only one of CLAUSTRUM_NAME and CLAUSTRUM_NAME_FILE"],
    [{ CLAUSTRUM_NAME_FILE: "/dev/null/absent" }, "CLAUSTRUM_NAME_FILE: cannot read /dev/null/absent: not a directory"],
  ] as const
) {
  Deno.test(`resolveHubConfig() refuses the variables ${JSON.stringify(variables)}`, async () => {
    assertEquals(await refusal("", variables), message);
  });
}

Deno.test("resolveHubConfig() prefers options to variables", async () => {
  const { config } = await resolveHubConfig({
    options: { name: "option" },
    env: environment({ HOME: "/dev/null/absent", CLAUSTRUM_NAME: "variable" }),
  });
  assertEquals(config.name, "option");
});

Deno.test("allowsBypass() finds projects by name below the root, and by path elsewhere", async () => {
  const { config } = await resolve(`[projects]
root = "/home/me/projects/"
trial.allow_bypass_permissions = true
[projects."/srv/other"]
allow_bypass_permissions = true
[projects.careful]
allow_bypass_permissions = false
`);
  const allowed = ["/home/me/projects/trial", "/srv/other"];
  const refused = ["/home/me/projects/careful", "/home/me/projects/trial/below", "/srv/trial", "/srv/other/x", "trial"];
  assertEquals(allowed.map(config.projects.allowsBypass), [true, true]);
  assertEquals(refused.map(config.projects.allowsBypass), refused.map(() => false));
});

Deno.test("describeConfig() tells where each value comes from, and hides secrets", async () => {
  const { text } = await resolve(
    '[sessions]\nmax = 3\n[agent.env]\nANTHROPIC_API_KEY = "sk-secret"\n[[webhooks]]\nurl = "https://h/u"\nsecret = "hook-secret-hook"\n',
    { CLAUSTRUM_SESSIONS_POLICY: "deny", CLAUSTRUM_AUTH_PASSWORD_HASH: PASSWORD_HASH },
  );
  const lines = text.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  for (
    const line of [
      "sessions.max = 3 # FILE:2",
      'sessions.policy = "deny" # CLAUSTRUM_SESSIONS_POLICY',
      "events.keep_days = 30 # default",
      'agent.env = { ANTHROPIC_API_KEY = "***" } # FILE:3',
      'webhooks = [{ url = "***", secret = "***" }] # FILE:5',
      'auth.password_hash = "***" # CLAUSTRUM_AUTH_PASSWORD_HASH',
    ]
  ) assertEquals(lines.includes(line), true, `${line} in ${text}`);
  assertEquals(text.includes('secret"'), false, text);
});

Deno.test("exampleConfig() is TOML that states every key with its default", async () => {
  const example = exampleConfig();
  assertEquals(parse(example), {});
  const uncommented = example.split("\n").filter((line) => /^#[a-z_.]+ = \S/.test(line)).map((line) => line.slice(1));
  const { entries, warnings } = await resolve(uncommented.filter((line) => !line.startsWith("allow_")).join("\n"));
  assertEquals(warnings, []);
  for (const { key, value } of entries) {
    const { fallback } = CONFIG_KEYS[key as keyof typeof CONFIG_KEYS] as { fallback?: unknown };
    assertEquals(value, fallback, key);
    assertStringIncludes(example, `#${key} =`);
  }
});

Deno.test("reaper.base_url must not send the login over the network in the clear, nor with anything else", async () => {
  for (const url of ["https://example.org/api", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"]) {
    assertEquals((await resolve(`reaper.base_url = "${url}"\n`)).config.reaper.baseUrl, url);
  }
  const refused = ["http://example.org", "ftp://127.0.0.1", "https://me:x@example.org", "https://a.b/?c", "x", ""];
  for (const url of refused) {
    const message = await refusal(`reaper.base_url = "${url}"\n`);
    assertStringIncludes(message, "FILE:1: reaper.base_url must be an address such as");
  }
});

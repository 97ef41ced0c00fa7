import { assertEquals, assertNotEquals } from "@std/assert";
import { ConfigError, type HubConfig, resolveHubConfig } from "../../../lib/hub/config.ts";
import { networkAddresses } from "../../../lib/hub/network_addresses.ts";
import { webhookName } from "../../../lib/hub/webhooks/webhook_config.ts";
import { tempDir } from "../../helpers/temp.ts";

/** Resolves a configuration with this content; returns the message with which it is refused, if it is. */
async function resolve(content: string): Promise<HubConfig | string> {
  await using dir = await tempDir();
  const file = `${dir.path}/hub.toml`;
  await Deno.writeTextFile(file, content);
  try {
    return (await resolveHubConfig({ file, env: new Map() })).config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.replaceAll(file, "FILE");
  }
}

/** Resolves a configuration that is right. */
async function webhooksOf(content: string): Promise<HubConfig["webhooks"]> {
  const config = await resolve(content);
  if (typeof config === "string") throw new Error(`Cannot resolve the configuration: ${config}`);
  return config.webhooks;
}

Deno.test("resolveHubConfig() reads webhooks, and tells them of all events as JSON by default", async () => {
  const [first, second] = await webhooksOf(`[[webhooks]]
url = "https://example.org/hook"
[[webhooks]]
url = "http://ntfy.sh/topic"
events = ["turn.finished", "session.error"]
format = "ntfy"
secret = "sixteen letters!"
include_content = true
`);
  assertEquals({ ...first, key: "" }, {
    key: "",
    url: "https://example.org/hook",
    events: ["session.waiting_permission", "session.stopped", "session.error", "turn.finished"],
    format: "json",
    secret: undefined,
    includesContent: false,
  });
  assertEquals({ ...second, key: "" }, {
    key: "",
    url: "http://ntfy.sh/topic",
    events: ["session.error", "turn.finished"],
    format: "ntfy",
    secret: "sixteen letters!",
    includesContent: true,
  });
});

Deno.test("resolveHubConfig() gives a webhook a key of its address and its format alone", async () => {
  const keyOf = async (content: string) => (await webhooksOf(`[[webhooks]]\n${content}`))[0]!.key;
  const key = await keyOf('url = "https://h/a"');
  assertEquals(await keyOf('url = "https://h/a"\nevents = ["turn.finished"]\nsecret = "sixteen letters!"'), key);
  assertNotEquals(await keyOf('url = "https://h/b"'), key);
  assertNotEquals(await keyOf('url = "https://h/a"\nformat = "slack"'), key);
});

const EVENTS = "session.waiting_permission, session.stopped, session.error, turn.finished";

for (
  const [content, message] of [
    ['[[webhooks]]\nformat = "json"', "FILE:1: webhooks[0] has no url"],
    [
      '[[webhooks]]\nurl = "https://h/"\n[[webhooks]]\nurl = "ftp://h/"',
      'FILE:4: webhooks[1].url must be an address that begins with "https://" or "http://"',
    ],
    [
      '[[webhooks]]\nurl = "https://h/"\nevents = []\n[[webhooks]]\nurl = "https://h/b"',
      `FILE:3: webhooks[0].events must be a list of one or more of ${EVENTS}`,
    ],
    [
      'webhooks = [{ url = "https://h/", events = ["turn.begun"] }]',
      `FILE:1: webhooks[0].events must be a list of one or more of ${EVENTS}`,
    ],
    [
      '[[webhooks]]\nurl = "https://h/"\nformat = "xml"',
      "FILE:3: webhooks[0].format must be one of json, ntfy, slack",
    ],
    [
      '[[webhooks]]\nurl = "https://h/"\nsecret = "short"',
      "FILE:3: webhooks[0].secret must be a text of at least 16 characters",
    ],
    [
      '[[webhooks]]\nurl = "https://h/"\ninclude_content = "yes"',
      "FILE:3: webhooks[0].include_content must be true or false",
    ],
    [
      '[[webhooks]]\nurl = "https://h/"\n[[webhooks]]\nurl = "https://h/c"\nevnts = []',
      "FILE:5: webhooks[1].evnts is not one of url, events, format, secret, include_content",
    ],
    [
      '[[webhooks]]\nurl = "https://h"\n[[webhooks]]\nurl = "https://h/"',
      "FILE:4: webhooks[1].url is that of webhooks[0], which has the same format, too: put the events of both into one",
    ],
    ['webhooks = ["https://h/"]', "FILE:1: webhooks must be a list of tables, which it is not"],
  ] as const
) {
  Deno.test(`resolveHubConfig() refuses ${JSON.stringify(content)}`, async () => {
    assertEquals(await resolve(content), message);
  });
}

Deno.test("networkAddresses() returns where a hub listens, and the host and port of each webhook once", async () => {
  const config = await resolve(`listen = "[::1]:80"
webhooks = [
  { url = "https://ntfy.sh/a" },
  { url = "https://ntfy.sh/b" },
  { url = "http://[::1]:8080/" },
  { url = "http://Example.org" },
]
`);
  if (typeof config === "string") throw new Error(config);
  assertEquals(networkAddresses(config), ["[::1]:80", "ntfy.sh:443", "[::1]:8080", "example.org:80"]);
});

Deno.test("webhookName() does not tell the path, which may be a secret", () => {
  assertEquals(webhookName({ format: "ntfy", url: "https://u:p@ntfy.sh/topic?auth=x" }), "ntfy ntfy.sh");
});

Deno.test("resolveHubConfig() refuses more webhooks than it can serve", async () => {
  const many = Array.from({ length: 33 }, (_, i) => `{ url = "https://h/${i}" }`).join(", ");
  assertEquals(await resolve(`webhooks = [${many}]`), "FILE:1: webhooks has more than 32 entries");
});

Deno.test("the webhooks that OPERATIONS.md shows are a right configuration", async () => {
  const document = await Deno.readTextFile(new URL("../../../.github/OPERATIONS.md", import.meta.url));
  const blocks = [...document.matchAll(/^```toml\n([^]*?)^```$/gm)].map(([, block]) => block!);
  const [block = ""] = blocks.filter((block) => block.includes("webhooks"));
  assertEquals((await webhooksOf(block)).map(({ format }) => format), ["ntfy", "slack", "json"]);
});

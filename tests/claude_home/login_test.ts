import { assertEquals, assertRejects } from "@std/assert";
import { LoginError, readLogin } from "../../lib/claude_home/login.ts";
import { tempDir } from "../helpers/temp.ts";

const TOKEN = "sk-ant-oat01-secret";
const NOW = 1_000_000;

/** Reads the login of a home directory with these files. */
async function read(credentials: string | undefined, config: string | undefined) {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/.claude`);
  if (credentials !== undefined) await Deno.writeTextFile(`${dir.path}/.claude/.credentials.json`, credentials);
  if (config !== undefined) await Deno.writeTextFile(`${dir.path}/.claude.json`, config);
  try {
    return await readLogin(dir.path, NOW);
  } catch (error) {
    if (error instanceof LoginError) error.message = error.message.replaceAll(dir.path, "~");
    throw error;
  }
}

function credentials(more: Record<string, unknown> = {}): string {
  return JSON.stringify({ claudeAiOauth: { accessToken: TOKEN, expiresAt: NOW + 1, ...more } });
}

const CONFIG = JSON.stringify({ oauthAccount: { organizationUuid: "org-1" } });

Deno.test("readLogin() reads the token and the organization", async () => {
  assertEquals(await read(credentials(), CONFIG), { token: TOKEN, organization: "org-1" });
  assertEquals(await read(credentials({ expiresAt: null }), CONFIG), { token: TOKEN, organization: "org-1" });
});

const REFUSED: readonly (readonly [string, string | undefined, string | undefined, string])[] = [
  ["there is no file", undefined, CONFIG, "~/.claude/.credentials.json does not exist: sign in with"],
  ["there is no token", "{}", CONFIG, "~/.claude/.credentials.json contains no login"],
  ["the token is none", credentials({ accessToken: "a\nb" }), CONFIG, "~/.claude/.credentials.json contains no login"],
  ["the file is no object", "null", CONFIG, "~/.claude/.credentials.json contains no login"],
  ["the file is no JSON", `{"claudeAiOauth":{"accessToken":"${TOKEN}"`, CONFIG, "is not valid JSON"],
  [
    "it is over",
    credentials({ expiresAt: NOW }),
    CONFIG,
    "the login in ~/.claude/.credentials.json is valid no longer",
  ],
  ["there is no configuration", credentials(), undefined, "~/.claude.json does not exist"],
  ["there is no organization", credentials(), '{"oauthAccount":null}', "~/.claude.json names no organization"],
];

for (const [when, first, second, text] of REFUSED) {
  Deno.test(`readLogin() says what to do when ${when}, without the token`, async () => {
    const { message, cause } = await assertRejects(() => read(first, second), LoginError, text);
    assertEquals([message.includes("secret"), cause], [false, undefined]);
  });
}

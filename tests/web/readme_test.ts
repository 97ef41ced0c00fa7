import { assert, assertEquals } from "@std/assert";
import type { Browser } from "playwright-core";
import { isThere } from "../../lib/system/private_files.ts";
import { codeBlocks, installProgram, userEnvironment } from "../helpers/document.ts";
import { freePort } from "../helpers/nats_server.ts";
import { needing } from "../helpers/program.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { soon } from "../helpers/wait.ts";
import { CHROMIUM, launchBrowser } from "./helpers/chromium.ts";
import { UNAUTHORIZED } from "./helpers/suite.ts";
import { visit } from "./helpers/visitor.ts";

const PASSWORD = "correct horse battery";
/** What the agent does when it is told to run the tests. */
const PROMPTS = { "run the tests": `tool Bash {"command":"touch tested"}` };
/** How long the lines may take, in milliseconds. */
const LINES_MS = 60_000;

/** What a browser logs about a header that counts over https alone. */
const NOT_HTTPS = /^The Cross-Origin-Opener-Policy header has been ignored/;

/** The address of this machine in its network, if it is in one. */
const ADDRESS =
  Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.") && !address.startsWith("169.254.")
  )?.address ?? "127.0.0.1";

let browser: Browser | undefined;
Deno.test.beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  const known = ["127.0.0.1", "localhost", ADDRESS].map((name) => `EXCLUDE ${name}`);
  browser = await launchBrowser([`--host-resolver-rules=MAP * ~NOTFOUND, ${known.join(", ")}`]);
});
Deno.test.afterAll(() => browser?.close());

/** Types lines into a shell, which asks for the password. */
async function typeLines(home: string, lines: string): Promise<void> {
  const child = new Deno.Command("sh", {
    args: ["-ec", lines],
    cwd: home,
    env: userEnvironment(home),
    clearEnv: true,
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(`${PASSWORD}\n`));
  await stdin.close();
  const { code, stderr } = await soon("the lines of the README", child.output(), LINES_MS);
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

Deno.test({
  ...needing("the README's lines lead to an agent that a phone answers", CHROMIUM !== undefined, "chromium"),
  async fn() {
    const [lines = ""] = await codeBlocks("README.md", "sh");
    await using home = await sessionHome(`agent.env = { STAND_IN_PROMPTS = '${JSON.stringify(PROMPTS)}' }\n`);
    await installProgram(home.path);
    // The agent is there already, and signed in.
    for (const name of ["npm", "claude"]) {
      await Deno.writeTextFile(`${home.path}/bin/${name}`, "#!/bin/sh\n", { mode: 0o755 });
    }
    await Deno.mkdir(`${home.path}/app`);
    const port = freePort();
    await typeLines(home.path, lines.replaceAll("7621", String(port)));
    const problems: string[] = [];
    const note = (problem: string) => void problems.push(problem);
    const options = { size: "phone", expected: [UNAUTHORIZED, NOT_HTTPS] } as const;
    await using phone = await visit(browser!, `http://${ADDRESS}:${port}`, options, note);
    const { page } = phone;
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    const card = page.getByRole("region", { name: "Needs you" }).getByRole("article", { name: "app" });
    await card.getByRole("button", { name: "Allow", exact: true }).tap();
    await card.waitFor({ state: "detached" });
    await home.whenStatus("app", "idle");
    assert(await isThere(`${home.path}/app/tested`));
    assertEquals(problems, []);
  },
});

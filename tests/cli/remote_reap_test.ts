import { assertEquals, assertStringIncludes } from "@std/assert";
import { OPERATIONS } from "../../lib/hub/operations.ts";
import { claustrum } from "../helpers/command.ts";
import { environment, environmentsServer } from "../helpers/environments_server.ts";
import { sessionHome } from "../helpers/session_home.ts";
import { tempDir } from "../helpers/temp.ts";
import { waitFor } from "../helpers/wait.ts";

/** Without the instances, it is not certain what is in use. */
const hasInstances = OPERATIONS.some(({ name }) => name === "instances.list");

const PATH = "/usr/local/bin:/usr/bin:/bin";

async function writeLogin(home: string): Promise<void> {
  await Deno.mkdir(`${home}/.claude`, { recursive: true });
  const login = { claudeAiOauth: { accessToken: "secret-token", expiresAt: Date.now() + 3_600_000 } };
  await Deno.writeTextFile(`${home}/.claude/.credentials.json`, JSON.stringify(login));
  await Deno.writeTextFile(`${home}/.claude.json`, JSON.stringify({ oauthAccount: { organizationUuid: "org-1" } }));
}

Deno.test("claustrum remote reap says what is missing, and refuses two ways at once", async () => {
  await using dir = await tempDir();
  const reap = (...args: string[]) => claustrum(dir.path, ["remote", "reap", "--no-start", ...args]);
  const both = await reap("--archive", "--delete");
  assertEquals([both.code, both.stderr.includes("choose one of --archive and --delete")], [2, true]);
  const login = await reap();
  assertEquals([login.code, login.stdout], [1, ""]);
  assertStringIncludes(login.stderr, ".credentials.json does not exist: sign in with: claude auth login");
  await writeLogin(dir.path);
  const hub = await reap();
  assertEquals([hub.code, hub.stderr.includes("no hub is running")], [3, true], hub.stderr);
});

Deno.test({
  name: "claustrum remote reap lists, and puts away what nobody here serves only when it is told to",
  ignore: !hasInstances,
  async fn() {
    await using dir = await tempDir();
    const root = await Deno.realPath(dir.path);
    await Deno.mkdir(`${root}/web`);
    await using server = environmentsServer({ pages: [[environment("env_web", `${root}/web`)]] });
    await using home = await sessionHome(
      `listen = ""\nprojects.root = "${root}"\nreaper.base_url = "${server.url}"\n`,
    );
    await writeLogin(home.path);
    await Deno.writeTextFile(home.agent.program, "#!/bin/sh\necho '[]'\n");
    // Other tests may have servers of their own at the same time.
    await Deno.mkdir(`${root}/.bin`);
    const ps = `#!/bin/sh\nPATH=${PATH} ps "$@" | grep -v remote-control\n`;
    await Deno.writeTextFile(`${root}/.bin/ps`, ps, { mode: 0o755 });
    const start = await home.run(["hub", "start"], { env: { PATH: `${root}/.bin:${PATH}` } });
    assertEquals(start.code, 0, start.stderr);
    const isSettled = async () =>
      JSON.parse((await home.run(["hub", "status", "--json"])).stdout)["uptime_seconds"] >= 10;
    await waitFor("the hub to be certain", isSettled);
    const listed = await home.run(["remote", "reap"]);
    assertEquals(listed.code, 0, listed.stderr);
    assertStringIncludes(listed.stdout, `env_web…  name of env_web  ${root}/web\n`);
    const unsaid = await home.run(["remote", "reap", "--delete"]);
    assertEquals([unsaid.code, unsaid.stderr.includes("DELETE was not typed")], [1, true], unsaid.stderr);
    assertEquals(server.changes(), []);
    const archived = await home.run(["remote", "reap", "--archive", "--json"]);
    assertEquals(JSON.parse(archived.stdout)["archived"].length, 1, archived.stderr);
    assertEquals(server.changes(), ["POST /v1/environments/env_web/archive"]);
    const log = await Deno.readTextFile(`${home.path}/.local/state/claustrum/hub.log`);
    assertEquals([log, listed.stdout, archived.stdout].some((text) => text.includes("secret-token")), false);
  },
});

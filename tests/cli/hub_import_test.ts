import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/toml/parse";
import { claustrum } from "../helpers/command.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("claustrum hub import prints a configuration that claustrum hub config accepts", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(`${dir.path}/clauster.yml`, "projects_root: ~/code\nport: 8080\nfrobnicate: 1\n");
  const env = { CLAUSTER_CLAUDE_LAUNCH_MODE: "pty" };
  const { code, stdout, stderr } = await claustrum(dir.path, ["hub", "import", `${dir.path}/clauster.yml`], { env });
  assertEquals(code, 0, stderr);
  assertEquals(parse(stdout), {
    listen: "127.0.0.1:8080",
    projects: { root: `${dir.path}/code` },
    remote: { mode: "pty" },
  });
  assertEquals(stderr, "claustrum: frobnicate: no such setting is known, so that it is left out\n");
  await Deno.writeTextFile(`${dir.path}/hub.toml`, stdout);
  const config = await claustrum(dir.path, ["hub", "config", "--config", `${dir.path}/hub.toml`]);
  assertEquals([config.code, config.stderr], [0, ""]);
  assertStringIncludes(config.stdout, 'remote.mode = "pty"');
});

Deno.test("claustrum hub import fails with a sentence when it cannot read the file, or refuses it", async () => {
  await using dir = await tempDir();
  const absent = await claustrum(dir.path, ["hub", "import", `${dir.path}/absent.yml`]);
  assertEquals([absent.code, absent.stdout], [1, ""]);
  assertStringIncludes(absent.stderr, `cannot read ${dir.path}/absent.yml: `);
  await Deno.writeTextFile(`${dir.path}/server.yaml`, "auth: {dashboard_token: change-me-token}\n");
  const sample = await claustrum(dir.path, ["hub", "import", `${dir.path}/server.yaml`]);
  assertEquals([sample.code, sample.stdout], [1, ""]);
  assertStringIncludes(sample.stderr, "auth.dashboard_token still has the value of the sample");
  assertEquals((await claustrum(dir.path, ["hub", "import"])).code, 2);
});

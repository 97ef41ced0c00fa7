import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CloneError } from "../../lib/projects/clone_error.ts";
import { GIT_HOST } from "../helpers/git_server.ts";
import { cloneWorld, CONFIG, whenEnded } from "./clone_fixture.ts";
import { waitFor } from "../helpers/wait.ts";

Deno.test("Clones makes a project of a repository over https, and tells how far it is", async () => {
  await using world = await cloneWorld();
  await world.server.repository.write("large", "a line\n".repeat(100_000));
  await world.server.repository.git("add", ".");
  await world.server.repository.git("commit", "-q", "-m", "more");
  await world.server.repository.git("push", "-q", "../repo.git", "trunk");
  const clones = world.clones();
  const job = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  assertEquals([job.name, job.status, job.bytes], ["repo", "running", 0]);
  const ended = await whenEnded(clones, job.id);
  assertEquals([ended.status, ended.error], ["done", undefined]);
  assert(ended.bytes > 700_000);
  assertEquals(await world.entries(), ["repo"]);
  assertEquals(await Deno.readTextFile(`${world.root}/repo/large`), "a line\n".repeat(100_000));
  const phases = world.notices.map((notice) => notice.topic === "clones" ? notice.job.phase : notice.name);
  assert(phases.some((phase) => phase !== undefined && /^[A-Z]/.test(phase)), `${phases}`);
  assertEquals(phases.at(-1), "repo");
  assertEquals(await world.processes(), []);
  assertEquals(world.errors, []);
});

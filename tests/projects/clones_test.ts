import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CloneError } from "../../lib/projects/clone_error.ts";
import { ProjectError } from "../../lib/projects/project_error.ts";
import { GIT_HOST } from "../helpers/git_server.ts";
import { hasSsh, startSshServer } from "../helpers/ssh_server.ts";
import { cloneWorld, CONFIG, whenEnded } from "./clone_fixture.ts";
import { needing } from "../helpers/program.ts";
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

/** A response that never ends, and what it waits for. */
function endless(): { response: Response; isAsked: Promise<void>; [Symbol.dispose](): void } {
  const { promise: isAsked, resolve } = Promise.withResolvers<void>();
  let controller: ReadableStreamDefaultController | undefined;
  const body = new ReadableStream({
    start(given) {
      controller = given;
      resolve();
    },
    cancel: () => void (controller = undefined),
  });
  return { response: new Response(body), isAsked, [Symbol.dispose]: () => controller?.close() };
}

Deno.test("Clones connects to the addresses that were checked, whatever the next answer of the resolver is", async () => {
  await using world = await cloneWorld();
  const answers = [["127.0.0.1"], ["127.0.0.2"]];
  const judged: string[] = [];
  const clones = world.clones({
    // The name cannot be looked up by the system at all: git can only know what was checked.
    resolve: () => Promise.resolve(answers.shift() ?? []),
    judge: (address) => void judged.push(address) as undefined,
  });
  const { id } = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  assertEquals((await whenEnded(clones, id)).status, "done");
  assertEquals(judged, ["127.0.0.1"]);
  const second = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git`, name: "second" });
  const { status, error = "" } = await whenEnded(clones, second.id);
  assertEquals(status, "failed");
  assertStringIncludes(error, "Failed to connect");
  assertEquals(await world.entries(), ["repo"]);
});

Deno.test("Clones refuses a host if one of its addresses is not allowed, and starts nothing", async () => {
  await using world = await cloneWorld();
  const strict = world.clones({
    resolve: () => Promise.resolve(["1.1.1.1", "::ffff:127.0.0.1"]),
    judge: (address) => address === "1.1.1.1" ? undefined : "a loopback address",
  });
  const error = await assertRejects(() => strict.start({ url: `https://${GIT_HOST}/repo.git` }), CloneError);
  assertStringIncludes(error.message, "git.invalid is at ::ffff:127.0.0.1, which is a loopback address");
  assertEquals([error.kind, strict.list(), await world.entries()], ["refused", [], []]);
});

Deno.test("Clones looks hosts up in the daemon, and refuses loopback without being told to", async () => {
  await using world = await cloneWorld();
  const clones = world.strictClones();
  for (const url of ["https://localhost/a.git", "ssh://git@localhost/a.git", "git@localhost:a.git"]) {
    const error = await assertRejects(() => clones.start({ url }), CloneError);
    assertStringIncludes(error.message, "is a loopback address");
  }
  const error = await assertRejects(() => clones.start({ url: "https://nobody.invalid/a.git" }), CloneError);
  assertStringIncludes(error.message, "nobody.invalid has no address");
  assertEquals(error.kind, "bad_params");
});

Deno.test("Clones does not follow a redirect, and leaves nothing", async () => {
  await using world = await cloneWorld();
  const place = `https://${GIT_HOST}:${world.server.port}`;
  world.server.intercept = (request) => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/moved")) return undefined;
    return Response.redirect(`${place}${url.pathname.replace("/moved", "")}${url.search}`, 302);
  };
  const clones = world.clones();
  const { id } = await clones.start({ url: `${place}/moved/repo.git` });
  const { status, error = "" } = await whenEnded(clones, id);
  assertEquals([status, await world.entries()], ["failed", []]);
  assertStringIncludes(error, "git could not clone it");
  assertEquals(world.server.requests.filter((request) => !request.includes("/moved")), []);
});

Deno.test("Clones uses the password in a URL for the clone alone, and tells it to nobody", async () => {
  await using world = await cloneWorld();
  const seen: (string | null)[] = [];
  world.server.intercept = (request) => {
    seen.push(request.headers.get("authorization"));
    return undefined;
  };
  const clones = world.clones();
  const place = `${GIT_HOST}:${world.server.port}/repo.git`;
  const { id } = await clones.start({ url: `https://me:s3cret%21@${place}` });
  const job = await whenEnded(clones, id);
  assertEquals([job.status, job.url], ["done", `https://${place}`]);
  assert(seen.length > 0);
  assertEquals([...new Set(seen)], [`Basic ${btoa("me:s3cret!")}`]);
  assertEquals(JSON.stringify([job, world.notices]).includes("s3cret"), false);
  const config = await Deno.readTextFile(`${world.root}/repo/.git/config`);
  assertStringIncludes(config, `url = https://${place}`);
  for (const text of ["s3cret", btoa("me:s3cret!"), "curloptResolve", "hooksPath"]) {
    assertEquals(config.includes(text), false, text);
  }
});

Deno.test("Clones says that a repository wants a password, without asking for one", async () => {
  await using world = await cloneWorld();
  world.server.intercept = () =>
    new Response("no", { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
  const clones = world.clones();
  const { id } = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  const { status, error = "" } = await whenEnded(clones, id);
  assertEquals(status, "failed");
  assertStringIncludes(error, "could not read Username");
  assertEquals(await world.entries(), []);
});

Deno.test("Clones obeys no setting of the user's that skips checks or leads elsewhere", async () => {
  await using world = await cloneWorld({
    GIT_SSL_NO_VERIFY: "1",
    GIT_SSL_CAINFO: "/etc/ssl/certs/ca-certificates.crt",
    HTTPS_PROXY: "http://127.0.0.1:1",
    ALL_PROXY: "http://127.0.0.1:1",
    GIT_TRACE: "1",
  });
  await Deno.writeTextFile(`${world.daemon.directory}/.gitconfig`, "[http]\n\tsslVerify = false\n");
  const clones = world.clones();
  const { id } = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  const { error = "" } = await whenEnded(clones, id);
  assertStringIncludes(error, "certificate");
  assertEquals([world.server.requests, await world.entries()], [[], []]);
});

Deno.test("Clones runs no hook, follows no submodule and fetches no tag", async () => {
  await using world = await cloneWorld();
  const { repository } = world.server;
  const template = `${world.daemon.directory}/template`;
  await Deno.mkdir(`${template}/hooks`, { recursive: true });
  const hook = `#!/bin/sh\ntouch ${world.daemon.directory}/hooked\n`;
  await Deno.writeTextFile(`${template}/hooks/post-checkout`, hook, { mode: 0o755 });
  await Deno.writeTextFile(`${world.daemon.directory}/.gitconfig`, `[init]\n\ttemplateDir = ${template}\n`);
  await repository.write(".gitmodules", '[submodule "s"]\n\tpath = s\n\turl = ./other.git\n');
  await repository.git("add", ".");
  await repository.git(
    "update-index",
    "--add",
    "--cacheinfo",
    `160000,${(await repository.git("rev-parse", "HEAD")).trim()},s`,
  );
  await repository.git("commit", "-q", "-m", "a submodule");
  await repository.git("tag", "v1");
  await repository.git("push", "-q", "../repo.git", "trunk", "v1");
  const clones = world.clones();
  const { id } = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  assertEquals((await whenEnded(clones, id)).status, "done");
  const git = `${world.root}/repo/.git`;
  const names = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name);
  assertEquals(names(git).filter((name) => ["hooks", "modules"].includes(name)), []);
  assertEquals(names(`${git}/refs/tags`), []);
  assertEquals(names(`${world.root}/repo/s`), []);
  assertEquals(names(world.daemon.directory).includes("hooked"), false);
});

Deno.test("Clones fetches only the newest commit if it shall be shallow", async () => {
  await using world = await cloneWorld();
  const { repository } = world.server;
  await repository.git("commit", "-q", "--allow-empty", "-m", "second");
  await repository.git("push", "-q", "../repo.git", "trunk");
  const clones = world.clones();
  const url = `https://${GIT_HOST}:${world.server.port}/repo.git`;
  const { id } = await clones.start({ url, shallow: true, name: "small" });
  assertEquals((await whenEnded(clones, id)).status, "done");
  assertEquals((await Deno.readTextFile(`${world.root}/small/.git/shallow`)).length, 41);
});

Deno.test("Clones.start() makes nothing anew that is there, or that is being cloned", async () => {
  await using world = await cloneWorld();
  using answer = endless();
  world.server.intercept = () => answer.response;
  const clones = world.clones();
  const url = `https://${GIT_HOST}:${world.server.port}/repo.git`;
  await Deno.symlink("/nowhere", `${world.root}/link`);
  const taken = await assertRejects(() => clones.start({ url, name: "link" }), ProjectError);
  assertEquals([taken.kind, taken.message], ["conflict", `${world.root}/link exists already: choose another name`]);
  for (const name of [".git", "..", "a/b", "", "x".repeat(65)]) {
    assertEquals((await assertRejects(() => clones.start({ url, name }), ProjectError)).kind, "bad_params");
  }
  const { id } = await clones.start({ url });
  const twice = await assertRejects(() => clones.start({ url }), CloneError);
  assertEquals([twice.kind, twice.message], ["conflict", '"repo" is being cloned already']);
  await clones.cancel(id);
});

Deno.test("Clones.cancel() ends git, and leaves nothing", async () => {
  await using world = await cloneWorld();
  using answer = endless();
  world.server.intercept = () => answer.response;
  const clones = world.clones();
  const { id } = await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  await answer.isAsked;
  await waitFor("the directory", async () => (await world.entries()).length === 1);
  const job = await clones.cancel(id);
  assertEquals([job.status, job.error, await world.entries(), await world.processes()], [
    "cancelled",
    undefined,
    [],
    [],
  ]);
  const again = await assertRejects(() => clones.cancel(id), CloneError);
  assertEquals(again.kind, "conflict");
  const none = await assertRejects(() => clones.cancel("x"), CloneError);
  assertEquals(none.kind, "unknown");
});

Deno.test("Clones gives up a clone that takes too long, or that becomes too large", async () => {
  await using world = await cloneWorld();
  using answer = endless();
  world.server.intercept = (request) => request.url.includes("slow") ? answer.response : undefined;
  const clones = world.clones({ config: { ...CONFIG, timeoutSeconds: 1 } });
  const place = `https://${GIT_HOST}:${world.server.port}`;
  const slow = await clones.start({ url: `${place}/slow.git` });
  assertStringIncludes((await whenEnded(clones, slow.id)).error ?? "", "clone.timeout_seconds: 1 s");
  const { repository } = world.server;
  const noise = new Uint8Array(3 << 20);
  for (let at = 0; at < noise.length; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536));
  await Deno.writeFile(`${repository.path}/noise`, noise);
  await repository.git("add", ".");
  await repository.git("commit", "-q", "-m", "noise");
  await repository.git("push", "-q", "../repo.git", "trunk");
  const small = world.clones({ config: { ...CONFIG, maxMb: 1 } });
  const large = await small.start({ url: `${place}/repo.git` });
  assertStringIncludes((await whenEnded(small, large.id)).error ?? "", "clone.max_mb: 1 MB");
  assertEquals([await world.entries(), await world.processes()], [[], []]);
});

Deno.test("Clones removes what a killed hub has left and what still runs of it, and nothing of others", async () => {
  await using world = await cloneWorld();
  using answer = endless();
  world.server.intercept = () => answer.response;
  // The clones of this hub are not closed before the next one looks, as if it had been killed.
  const killed = world.clones({ owner: "mine" });
  const others = world.clones({ owner: "another" });
  const url = `https://${GIT_HOST}:${world.server.port}/repo.git`;
  const mine = await killed.start({ url, name: "mine" });
  const other = await others.start({ url, name: "other" });
  await Deno.mkdir(`${world.root}/.mine.clone`);
  await waitFor("both directories", async () => (await world.entries()).length === 3);
  await world.clones({ owner: "mine" }).swept;
  assertEquals((await world.entries()).sort(), [".mine.clone", `.other.${other.id}.clone`]);
  assertEquals(await world.processes(), [`hub/clone/${other.id}`]);
  assertEquals((await whenEnded(killed, mine.id)).status, "failed");
});

Deno.test("Clones leaves nothing when the hub stops in the middle", async () => {
  await using world = await cloneWorld();
  using answer = endless();
  world.server.intercept = () => answer.response;
  const clones = world.clones();
  await clones.start({ url: `https://${GIT_HOST}:${world.server.port}/repo.git` });
  await answer.isAsked;
  await clones[Symbol.asyncDispose]();
  assertEquals([await world.entries(), await world.processes()], [[], []]);
});

Deno.test(needing("Clones connects over ssh to the address that was checked", hasSsh(), "openssh-server"), async () => {
  await using world = await cloneWorld();
  await using server = await startSshServer();
  const [, args] = server.client();
  const clones = world.clones({ sshArgs: args.slice(2, -1) });
  const path = `${world.server.repository.directory}/repo.git`;
  const url = `ssh://${Deno.env.get("USER") ?? "root"}@${GIT_HOST}:${server.port}${path}`;
  const { id } = await clones.start({ url });
  const { status, error } = await whenEnded(clones, id);
  assertEquals([status, error, await world.entries()], ["done", undefined, ["repo"]]);
  assertStringIncludes(await Deno.readTextFile(`${world.root}/repo/.git/config`), `url = ${url}`);
  // Nobody has said that this host's key is right.
  const strict = world.clones();
  const stranger = await strict.start({ url, name: "stranger" });
  assertStringIncludes((await whenEnded(strict, stranger.id)).error ?? "", "Host key verification failed");
});

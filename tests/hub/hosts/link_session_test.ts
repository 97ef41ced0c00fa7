import { assertEquals, assertStringIncludes } from "@std/assert";
import { type SessionHome, sessionHome } from "../../helpers/session_home.ts";
import { waitFor } from "../../helpers/wait.ts";

/** A hub that shows another one, which dials it; both are real. */
interface LinkedHomes extends AsyncDisposable {
  readonly near: SessionHome;
  readonly far: SessionHome;
  /** The address that the far hub dials. */
  readonly url: string;
  readonly keyFile: string;
}

async function run(home: SessionHome, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.run(args);
  assertEquals(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

async function linkedHomes(): Promise<LinkedHomes> {
  await using stack = new AsyncDisposableStack();
  const near = stack.use(await sessionHome('name = "near"\n'));
  const far = stack.use(await sessionHome('name = "far"\nlisten = ""\n'));
  const { url } = JSON.parse(await run(near, "hub", "start", "--listen", "127.0.0.1:0", "--json"));
  const keyFile = `${far.path}/link.key`;
  await Deno.writeTextFile(keyFile, await run(near, "host", "key", "create", "box"), { mode: 0o600 });
  const all = stack.move();
  return {
    near,
    far,
    url: `${url.replace("http", "ws")}/ws/daemon`,
    keyFile,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("a host that dials is used with the tool like any other, and comes back when either side was killed", async () => {
  await using homes = await linkedHomes();
  const { near, far, url, keyFile } = homes;
  // The hub that runs has no permission for that address yet: it is restarted.
  await run(far, "hub", "start");
  const before = far.hubPid();
  assertEquals(await run(far, "hub", "link", url, "--key-file", keyFile), `${url} is up\n`);
  assertEquals(far.hubPid() === before, false);
  assertStringIncludes(await Deno.readTextFile(`${far.path}/.config/claustrum/hub.toml`), "[[links]]");

  const whenUp = () => waitFor("the host", async () => (await near.run(["host", "status", "box"])).code === 0);
  await whenUp();
  const [host] = JSON.parse(await run(near, "host", "list", "--json"));
  assertEquals([host.name, host.line, host.state], ["box", "link", "up"]);
  const start = ["session", "start", far.work, "--host", "box", "--name", "there", "--trust", "--json"];
  const { id } = JSON.parse(await run(near, ...start));
  await run(near, "session", "send", id, "tool Write there.txt hello");
  await waitFor("the question", async () => (await run(near, "session", "show", id)).includes("there.txt"));

  Deno.kill(far.hubPid(), "SIGKILL");
  await waitFor("the loss", async () => (await near.run(["host", "status", "box"])).code === 1);
  assertStringIncludes(await run(near, "session", "list"), "there");
  await run(far, "hub", "start");
  await whenUp();
  await run(near, "session", "approve", id);
  await waitFor("the file", async () => (await contentOf(`${far.work}/there.txt`)) === "hello");
  assertEquals(JSON.parse(await run(far, "hub", "audit", "--json"))[0].who, "near");

  const { port } = new URL(url);
  Deno.kill(near.hubPid(), "SIGKILL");
  await run(near, "hub", "start", "--listen", `127.0.0.1:${port}`);
  await whenUp();
  assertStringIncludes(await run(near, "session", "list", "--host", "box"), "there");

  await run(near, "host", "key", "revoke", "box");
  await waitFor("the refusal", async () => (await far.run(["hub", "doctor"])).stdout.includes("the key was revoked"));
  assertStringIncludes((await near.run(["host", "status", "box"])).stdout, "it has no key");
});

Deno.test("a hub that does not dial what the configuration says is started anew, and listens where it has listened", async () => {
  await using home = await sessionHome();
  const start = async (...args: string[]) => JSON.parse(await run(home, "hub", "start", "--json", ...args));
  const { url, pid } = await start("--listen", "127.0.0.1:0");
  const keyFile = `${home.path}/link.key`;
  await Deno.writeTextFile(keyFile, "key", { mode: 0o600 });
  const file = `${home.path}/.config/claustrum/hub.toml`;
  const links = `[[links]]\nurl = "ws://127.0.0.1:9"\nkey_file = "${keyFile}"\n`;
  await Deno.writeTextFile(file, links, { append: true });
  const again = await start();
  assertEquals([again.url, again.pid === pid, again.started], [url, false, true]);
  assertEquals((await start()).pid, again.pid);
  assertStringIncludes(await run(home, "hub", "status"), "link        ws://127.0.0.1:9/ws/daemon is");
});

Deno.test("hub link says why a hub does not accept, and what is wrong with its arguments", async () => {
  await using homes = await linkedHomes();
  const { far, url, keyFile } = homes;
  const link = async (...args: string[]) => {
    const { code, stdout, stderr } = await far.run(["hub", "link", ...args]);
    return { code, text: stdout + stderr };
  };
  const missing = await link(url, "--key-file", `${far.path}/none`);
  assertEquals([missing.code, missing.text.includes("cannot read")], [1, true]);
  assertEquals((await link(url)).code, 2);
  assertEquals((await link("https://127.0.0.1", "--key-file", keyFile)).code, 2);
  assertEquals((await link("ws://192.0.2.1", "--key-file", keyFile)).code, 2);
  const key = await Deno.readTextFile(keyFile);
  await Deno.writeTextFile(keyFile, "clhk_wrong\n");
  const wrong = await link(url, "--key-file", keyFile);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.text, "is refused: the hub does not know the key");
  await Deno.writeTextFile(keyFile, key);
  assertEquals((await link(url, "--key-file", keyFile)).text, `${url} is up\n`);
  const other = await link(url, "--key-file", `${far.path}/.config/claustrum/hub.toml`);
  assertStringIncludes(other.text, "has a link to");
});

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

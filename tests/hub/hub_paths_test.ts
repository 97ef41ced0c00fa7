import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { hubPaths, prepareHubDirectories } from "../../lib/hub/hub_paths.ts";
import { NoHomeError, socketPathProblem } from "../../lib/system/paths.ts";
import { ServeError } from "../../lib/system/serve_error.ts";
import { tempDir } from "../helpers/temp.ts";

function environment(variables: Record<string, string>) {
  return { get: (name: string) => variables[name] };
}

Deno.test("hubPaths() are in the user's state directory", () => {
  const { directory, socket, database } = hubPaths({ env: environment({ HOME: "/home/me" }) });
  assertEquals(directory, "/home/me/.local/state/claustrum");
  assertEquals([socket, database], [`${directory}/hub.sock`, `${directory}/hub.db`]);
});

Deno.test("hubPaths() are below XDG_STATE_HOME if it is an absolute path", () => {
  const at = (base: string) => hubPaths({ env: environment({ HOME: "/home/me", XDG_STATE_HOME: base }) }).directory;
  assertEquals(at("/state"), "/state/claustrum");
  assertEquals(at("state"), "/home/me/.local/state/claustrum");
  assertEquals(at(""), "/home/me/.local/state/claustrum");
});

Deno.test("hubPaths() throws when the home directory is unknown", () => {
  assertThrows(() => hubPaths({ env: environment({}) }), NoHomeError);
});

Deno.test("hubPaths() are the same for all spellings of a state directory", () => {
  const spellings = ["/a/b", "/a/b/", "/a//b", "/a/./b", "/a/c/../b"];
  assertEquals(new Set(spellings.map((stateDir) => hubPaths({ stateDir }).lock)), new Set(["/a/b/hub.lock"]));
});

Deno.test("hubPaths() puts sockets whose paths would be too long in a short directory of the user's", () => {
  const stateDir = `/${"long/".repeat(30)}state`;
  const { directory, sockets, socket, tmuxSocket, token } = hubPaths({ stateDir, uid: 1000 });
  assertEquals([directory, token], [stateDir, `${stateDir}/hub.token`]);
  assertMatch(sockets, /^\/tmp\/claustrum-1000\/[0-9a-f]{16}$/);
  assertEquals([socketPathProblem(socket), socketPathProblem(tmuxSocket)], [undefined, undefined]);
  assertEquals(hubPaths({ stateDir, uid: 1000 }).sockets, sockets);
  assertEquals(hubPaths({ stateDir: `${stateDir}2`, uid: 1000 }).sockets === sockets, false);
});

Deno.test("prepareHubDirectories() creates private directories", async () => {
  await using dir = await tempDir();
  const paths = hubPaths({ stateDir: `${dir.path}/a/b` });
  await prepareHubDirectories(paths);
  assertEquals((await Deno.stat(paths.directory)).mode! & 0o777, 0o700);
});

Deno.test("prepareHubDirectories() refuses a directory that others may write to", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(`${dir.path}/open`);
  await Deno.chmod(`${dir.path}/open`, 0o777);
  const { message } = await assertRejects(
    () => prepareHubDirectories(hubPaths({ stateDir: `${dir.path}/open` })),
    ServeError,
  );
  assertMatch(message, /open is writable by others: choose another --state-dir, like \S+$/);
});

Deno.test("prepareHubDirectories() refuses a directory of sockets that others may write to", async () => {
  await using dir = await tempDir();
  const paths = { ...hubPaths({ stateDir: `${dir.path}/state` }), sockets: `${dir.path}/open/sockets` };
  await Deno.mkdir(`${dir.path}/open`);
  await Deno.chmod(`${dir.path}/open`, 0o777);
  await assertRejects(() => prepareHubDirectories(paths), ServeError);
});

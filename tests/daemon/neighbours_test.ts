import { assertEquals, assertMatch } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { asNeighbour } from "../helpers/neighbour.ts";

const isRoot = Deno.uid() === 0;

/** What another user may try with the files of a daemon; all of it must fail. */
function attempts(run: string): Readonly<Record<string, readonly [string, ...string[]]>> {
  const connect = 'import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1]); print("in")';
  return {
    "connect": ["python3", "-c", connect, `${run}/rpc.sock`],
    "read the token": ["cat", `${run}/daemon.token`],
    "read the log": ["cat", `${run}/remote-server.log`],
    "replace the socket": ["mv", "-f", "/bin/true", `${run}/rpc.sock`],
    "remove the socket": ["rm", "-f", `${run}/rpc.sock`],
    "link over the token": ["ln", "-sf", "/etc/passwd", `${run}/daemon.token`],
    "write the log": ["sh", "-c", `echo x >> ${run}/remote-server.log`],
    "replace the log": ["ln", "-sf", "/etc/passwd", `${run}/remote-server.log`],
    "take the lock": [
      "python3",
      "-c",
      "import fcntl,sys; fcntl.flock(open(sys.argv[1],'r+'), 2)",
      `${run}/daemon.lock`,
    ],
    "plant a file": ["touch", `${run}/planted`],
    "move the directory away": ["mv", run, `${run}.away`],
  };
}

for (const mode of [0o700, 0o755]) {
  const what = `a neighbour gets nowhere with a daemon whose directory is ${mode.toString(8)}`;
  Deno.test({
    name: what,
    ignore: !isRoot,
    async fn() {
      await using home = await testHome();
      // The directory itself is reachable for all users.
      await Deno.chmod(home.path, 0o755);
      await Deno.mkdir(home.run, { mode });
      await Deno.chmod(home.run, mode);
      assertEquals((await claustrum(home.path, ["serve", "--socket", home.socket])).code, 0);
      for (const [what, [command, ...args]] of Object.entries(attempts(home.run))) {
        assertMatch(await asNeighbour(command, ...args), /^failed: .*(denied|not permitted|[Cc]annot)/s, what);
      }
      using client = await LineClient.connect(home.socket, await home.token());
      assertEquals((await client.call("server.ping")).result, { pong: true });
    },
  });
}

Deno.test({
  name: "claustrum serve refuses a directory when another user has created it, or can write or replace it",
  ignore: !isRoot,
  async fn() {
    await using home = await testHome();
    await Deno.chmod(home.path, 0o1777);
    const cases: [path: string, make: string, problem: RegExp][] = [
      ["theirs", `mkdir -m 700 ${home.path}/theirs`, /belongs to user 65533 and you are 0: /],
      ["way/in", `mkdir ${home.path}/way; chmod 777 ${home.path}/way`, /way belongs to user 65533, who may replace /],
      ["link/in", `mkdir ${home.path}/lair; ln -s ${home.path}/lair ${home.path}/link`, /lair belongs to user 65533/],
    ];
    for (const [path, make, problem] of cases) {
      await asNeighbour("sh", "-c", make);
      const { code, stderr } = await claustrum(home.path, ["serve", "--socket", `${home.path}/${path}/rpc.sock`]);
      assertEquals(code, 1, stderr);
      assertMatch(stderr, problem);
    }
  },
});

Deno.test("claustrum serve refuses a directory when all users can write to a directory above it", async () => {
  await using home = await testHome();
  await Deno.mkdir(`${home.path}/open`);
  await Deno.chmod(`${home.path}/open`, 0o777);
  const serve = ["serve", "--socket", `${home.path}/open/run/rpc.sock`];
  const { code, stderr } = await claustrum(home.path, serve);
  const path = `${home.path}/open`;
  const problem = `${path} is writable by all users, who may replace ${path}/run: chmod o-w ${path}`;
  assertEquals([code, stderr], [1, `claustrum: ${problem}\n`]);
  await Deno.chmod(path, 0o1777);
  assertEquals((await claustrum(home.path, serve)).code, 0);
  assertEquals((await claustrum(home.path, ["stop", "--socket", `${path}/run/rpc.sock`])).code, 0);
});

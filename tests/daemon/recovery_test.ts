import { assert, assertEquals, assertMatch } from "@std/assert";
import { directoryProblem } from "../../lib/system/private_directory.ts";
import { removeIfThere } from "../../lib/system/private_files.ts";
import { claustrum } from "../helpers/command.ts";
import { CLI, plainEnvironment } from "../helpers/daemon.ts";
import { type TestHome, testHome } from "../helpers/home.ts";
import { LineClient } from "../helpers/line_client.ts";
import { seededRandom } from "../helpers/random.ts";
import { makeDeadSocket } from "../helpers/dead_socket.ts";
import { isAlive, waitFor } from "../helpers/wait.ts";

const KILLS = 12;
/** Longer than a start takes, in milliseconds. */
const MOST_MS = 100;
const NAMES = ["rpc.sock", "daemon.token", "daemon.lock", "remote-server.log", "remote-server.log.old"];

async function servesAtOnce(home: TestHome): Promise<void> {
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket]);
  assertEquals([code, stderr], [0, ""]);
  using client = await LineClient.connect(home.socket, await home.token());
  assertEquals((await client.call("server.ping")).result, { pong: true });
}

Deno.test("claustrum serve works at once when the previous daemon was killed at any point", async () => {
  await using home = await testHome();
  const random = seededRandom(5);
  for (let i = 0; i < KILLS; i++) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", CLI, "serve", "--foreground", "--socket", home.socket],
      env: plainEnvironment(home.path),
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await new Promise((resolve) => setTimeout(resolve, random() * MOST_MS));
    child.kill("SIGKILL");
    await child.status;
    await servesAtOnce(home);
    const pid = home.pid();
    if (i % 2 === 0) {
      Deno.kill(pid, "SIGKILL");
      await waitFor("its end", () => !isAlive(pid));
    } else await claustrum(home.path, ["stop", "--socket", home.socket]);
  }
});

Deno.test("serve() removes unfinished files when a killed daemon left them", async () => {
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  await Deno.writeTextFile(`${home.run}/daemon.token`, "stale");
  await Deno.writeTextFile(`${home.run}/daemon.token.${crypto.randomUUID()}`, "half");
  await Deno.writeTextFile(`${home.run}/daemon.token.mine`, "not ours");
  await servesAtOnce(home);
  assert(await home.token() !== "stale");
  const names = [...Deno.readDirSync(home.run)].map(({ name }) => name).filter((name) =>
    name.startsWith("daemon.token")
  );
  assertEquals(names.sort(), ["daemon.token", "daemon.token.mine"]);
});

Deno.test("serve() removes only unpublished sockets when killed daemons left them", async () => {
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  await makeDeadSocket(`${home.run}/.bind-0123abcd`);
  await makeDeadSocket(`${home.run}/.bind-mine`);
  await Deno.writeTextFile(`${home.run}/.bind-ffffffff`, "a file");
  await servesAtOnce(home);
  const names = [...Deno.readDirSync(home.run)].map(({ name }) => name).filter((name) => name.startsWith(".bind-"));
  assertEquals(names.sort(), [".bind-ffffffff", ".bind-mine"]);
});

Deno.test("serve() listens on a path of the maximum length when no staging name fits next to it", async () => {
  await using home = await testHome();
  for (const length of [107, 106, 100, 93]) {
    const socket = `${home.path}/${"d".repeat(length - home.path.length - 3)}/s`;
    assertEquals(new TextEncoder().encode(socket).length, length);
    const { code, stderr } = await claustrum(home.path, ["serve", "--socket", socket]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals((await claustrum(home.path, ["status", "--socket", socket])).code, 0);
    assertEquals((await claustrum(home.path, ["stop", "--socket", socket])).code, 0);
  }
});

Deno.test("claustrum serve neither follows nor writes through symlinks when they are planted at its paths", async () => {
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  for (const target of ["precious", "missing"]) {
    await Deno.writeTextFile(`${home.path}/precious`, "untouched");
    for (const name of NAMES) await Deno.symlink(`${home.path}/${target}`, `${home.run}/${name}`);
    await servesAtOnce(home);
    assertEquals(await Deno.readTextFile(`${home.path}/precious`), "untouched");
    assertEquals([...Deno.readDirSync(home.path)].map(({ name }) => name).includes("missing"), false);
    await claustrum(home.path, ["stop", "--socket", home.socket]);
    for (const name of NAMES) await removeIfThere(`${home.run}/${name}`);
  }
});

Deno.test("claustrum serve renames the log when it belongs to another user", async () => {
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  await Deno.writeTextFile(`${home.run}/remote-server.log`, "theirs", { mode: 0o444 });
  if (Deno.uid() === 0) await Deno.chown(`${home.run}/remote-server.log`, 65534, 65534);
  await servesAtOnce(home);
  assertEquals(await Deno.readTextFile(`${home.run}/remote-server.log.old`), "theirs");
  assertEquals((await Deno.stat(`${home.run}/remote-server.log`)).uid, Deno.uid());
});

Deno.test("claustrum serve refuses a directory and names the command that corrects it when others can write to it", async () => {
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  for (const mode of [0o777, 0o720]) {
    await Deno.chmod(home.run, mode);
    for (const more of [[], ["--foreground"]]) {
      const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket, ...more]);
      assertEquals([code, stderr], [1, `claustrum: ${home.run} is writable by others: chmod go-w ${home.run}\n`]);
    }
  }
  const user = { uid: Deno.uid(), home: home.path };
  const [, command] = /: (chmod .*)$/.exec(directoryProblem(home.run, await Deno.stat(home.run), user) ?? "")!;
  await new Deno.Command("sh", { args: ["-c", command!] }).output();
  await servesAtOnce(home);
});

Deno.test("directoryProblem() returns a problem when the directory belongs to another user", async () => {
  assertEquals(
    directoryProblem("/d", { uid: 7, mode: 0o40700 }, { uid: 8 }),
    "/d belongs to user 7 and you are 8: choose another --socket",
  );
  assertEquals(directoryProblem("/d", { uid: 8, mode: 0o40755 }, { uid: 8 }), undefined);
  await using home = await testHome();
  await Deno.mkdir(home.run, { mode: 0o700 });
  if (Deno.uid() !== 0) return;
  await Deno.chown(home.run, 65534, 65534);
  const { code, stderr } = await claustrum(home.path, ["serve", "--socket", home.socket]);
  assertEquals(code, 1);
  assertMatch(stderr, /belongs to user 65534 and you are 0/);
});

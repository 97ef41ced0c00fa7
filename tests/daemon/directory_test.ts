import { assertEquals, assertMatch } from "@std/assert";
import { directoryProblem, type DirectoryUser } from "../../lib/system/private_directory.ts";
import { claustrum } from "../helpers/command.ts";
import { tempDir } from "../helpers/temp.ts";

const ME: DirectoryUser = { uid: 1000, home: "/home/me", runtimeDirectory: "/run/user/1000" };
const ROOT: DirectoryUser = { uid: 0, home: "/root" };
const ELSEWHERE = "choose another --socket, like /run/user/1000/claustrum/rpc.sock";

for (
  const [path, uid, mode, user, problem] of [
    ["/tmp", 0, 0o1777, ME, `/tmp belongs to user 0 and you are 1000: ${ELSEWHERE}`],
    [
      "/tmp",
      0,
      0o1777,
      ROOT,
      "/tmp is writable by others: choose another --socket, like /root/.claude/remote/rpc.sock",
    ],
    ["/", 0, 0o777, ROOT, "/ is writable by others: choose another --socket"],
    ["/var/tmp", 1000, 0o1777, ME, `/var/tmp is writable by others: ${ELSEWHERE}`],
    ["/srv/team", 1000, 0o775, ME, `/srv/team is writable by others: ${ELSEWHERE}`],
    ["/home/me/team", 1000, 0o2775, ME, `/home/me/team is writable by others: ${ELSEWHERE}`],
    ["/home/me/drop", 1000, 0o1777, ME, `/home/me/drop is writable by others: ${ELSEWHERE}`],
    ["/home/me/run", 1000, 0o775, ME, "/home/me/run is writable by others: chmod go-w /home/me/run"],
    ["/home/me/my run", 1000, 0o775, ME, "/home/me/my run is writable by others: chmod go-w '/home/me/my run'"],
    ["/run/user/1000/c", 1000, 0o770, ME, "/run/user/1000/c is writable by others: chmod go-w /run/user/1000/c"],
    [
      "/run/user/1000",
      1000,
      0o770,
      ME,
      "/run/user/1000 is writable by others: " +
      "choose another --socket, like /home/me/.claude/remote/rpc.sock",
    ],
    ["/data", 1000, 0o777, { uid: 1000, home: "/" }, "/data is writable by others: choose another --socket"],
    [
      "/home/me/.claude/remote",
      0,
      0o700,
      { uid: 1000, home: "/home/me" },
      "/home/me/.claude/remote belongs to user 0 " +
      "and you are 1000: choose another --socket, like /home/me/.claustrum/rpc.sock",
    ],
    ["/home/me", 0, 0o700, ME, `/home/me belongs to user 0 and you are 1000: ${ELSEWHERE}`],
  ] as const
) {
  Deno.test(`directoryProblem() gives advice that is safe for others when user ${user.uid} uses ${path} of user ${uid}, mode ${mode.toString(8)}`, () => {
    assertEquals(directoryProblem(path, { uid, mode: 0o40000 | mode }, user), problem);
  });
}

Deno.test("claustrum serve names another socket, which works, when all users share the directory", async () => {
  await using home = await tempDir();
  const runtime = `${home.path}/runtime`;
  await Deno.mkdir(runtime, { mode: 0o700 });
  for (const env of [{ XDG_RUNTIME_DIR: runtime }, { XDG_RUNTIME_DIR: "" }]) {
    for (const command of [["serve"], ["serve", "--foreground"], ["run", "--", "true"]]) {
      const [name = "", ...rest] = command;
      const { code, stderr } = await claustrum(home.path, [name, "--socket", "/tmp/rpc.sock", ...rest], { env });
      assertEquals(code === 0, false);
      assertMatch(
        stderr,
        /^claustrum: \/tmp (belongs to user|is writable by others).*: choose another --socket, like \S+\n$/,
      );
      assertEquals(/chmod|chown|sudo/.test(stderr), false, stderr);
    }
    const { stderr } = await claustrum(home.path, ["serve", "--socket", "/tmp/rpc.sock"], { env });
    const socket = /like (\S+)\n$/.exec(stderr)?.[1] ?? "";
    assertEquals(socket.startsWith(home.path), true, stderr);
    try {
      assertEquals((await claustrum(home.path, ["serve", "--socket", socket], { env })).code, 0);
    } finally {
      await claustrum(home.path, ["stop", "--socket", socket]);
    }
  }
});

Deno.test("claustrum doctor does not advise to change a directory when all users share it", async () => {
  await using home = await tempDir();
  const { code, stdout } = await claustrum(home.path, ["doctor", "--socket", "/tmp/rpc.sock"]);
  assertEquals(code, 1);
  assertMatch(stdout, /^fail {2}directory +\/tmp .*: choose another --socket, like \S+$/m);
  assertEquals(/(chmod|chown) \S+ \/tmp$/m.test(stdout), false, stdout);
});

import { assert, assertEquals } from "@std/assert";
import { claustrum } from "../helpers/command.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { testHome } from "../helpers/home.ts";
import { isExitOf } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";

interface Entry {
  readonly ts: string;
  readonly dir: "in" | "out";
  readonly conn: number;
  readonly body?: Record<string, unknown> & { params?: Record<string, unknown> };
  readonly raw?: string;
}

async function record(flags: readonly string[]) {
  await using directory = await tempDir();
  const path = `${directory.path}/wire.jsonl`;
  await Deno.writeTextFile(path, "", { mode: 0o644 });
  await using daemon = await startDaemon({ token: "s3cret-token", flags: ["--wire-log", path, ...flags] });
  using client = await daemon.connect();
  await client.call("server.ping");
  const env = { API_KEY: "s3cret-key", plain: "visible", nested: "has s3cret-token inside" };
  const params = { id: "p", command: "sh", args: ["-c", "printf %2000s x"], env };
  await client.send("process.spawn", params);
  const seen = await client.until(isExitOf("p"));
  using other = await daemon.connect();
  await other.sendRaw("no json, s3cret-token\n");
  const refused = await other.line();
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  const text = await Deno.readTextFile(path);
  assert(!text.includes("s3cret"), text);
  return { seen, refused, text, entries: text.trim().split("\n").map((line): Entry => JSON.parse(line)) };
}

Deno.test("the wire log contains all frames with strings cut and secrets masked when it is enabled", async () => {
  const { seen, refused, entries } = await record([]);
  assertEquals(Object.keys(entries[0]!), ["ts", "dir", "conn", "body"]);
  assertEquals(entries.map(({ dir, conn }) => `${dir} ${conn}`), [
    "in 1",
    "out 1",
    "in 1",
    ...seen.map(() => "out 1"),
    "in 2",
    "out 2",
  ]);
  assertEquals(entries[0]!.body, { jsonrpc: "2.0", id: 1, method: "server.ping", auth: "***" });
  assertEquals(entries[1]!.body, { jsonrpc: "2.0", id: 1, result: { pong: true } });
  assertEquals(entries[2]!.body!.params!["env"], { API_KEY: "***", plain: "visible", nested: "has *** inside" });
  const data = String(entries.find(({ body }) => body?.["stream"] === "stdout")!.body!["data"]);
  assertEquals([data.slice(0, 512).length, data.slice(512)], [512, "...(2668 bytes)"]);
  assertEquals(entries.at(-2)!.body as unknown, "no json, ***");
  assertEquals(JSON.stringify(entries.at(-1)!.body), refused);
});

Deno.test("the wire log contains whole frames when the length of strings is unlimited", async () => {
  const { seen, entries } = await record(["--wire-log-max-string", "0"]);
  assertEquals(Object.keys(entries[0]!), ["ts", "dir", "conn", "raw"]);
  const frames = entries.filter(({ dir, conn }) => dir === "out" && conn === 1).map(({ raw }) => JSON.parse(raw!));
  assertEquals(frames.slice(1), seen);
});

Deno.test("serve() throws when the wire log cannot be opened", async () => {
  await using home = await testHome();
  await Deno.writeTextFile(`${home.path}/tf`, "t");
  const path = `${home.path}/no/such/file`;
  for (const more of [["serve", "--foreground"], ["-serve", "-token-file", `${home.path}/tf`]]) {
    const { code, stderr } = await claustrum(
      home.path,
      [...more, "-socket", home.socket, "-wire-log", path].map(
        (arg) => more[0] === "serve" ? arg.replace(/^-(?=[a-z])/, "--") : arg,
      ),
    );
    assertEquals([code, stderr], [1, `claustrum: wire log: open ${path}: no such file or directory\n`]);
  }
});

Deno.test("a wire log that is no regular file is refused, and its mode stays", async () => {
  await using home = await testHome();
  const path = `${home.path}/fifo`;
  await new Deno.Command("mkfifo", { args: ["-m", "666", path] }).output();
  const args = ["serve", "--foreground", "--socket", home.socket, "--wire-log", path];
  const { code, stderr } = await claustrum(home.path, args);
  assertEquals([code, stderr], [1, `claustrum: wire log: ${path} is not a regular file: name another one\n`]);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o666);
});

import { assertEquals } from "@std/assert";
import { resolveLauncher } from "../../lib/launcher/resolve_launcher.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { soon } from "../helpers/wait.ts";

/** A folder of managed settings, with the files that are given. */
async function settings(files: Readonly<Record<string, unknown>>): Promise<TempDir> {
  const folder = await tempDir();
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder.path}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const wrapper = (value: unknown) => ({ env: { CLAUDE_CODE_PROCESS_WRAPPER: value } });

Deno.test("resolveLauncher() finds none where there are no settings", async () => {
  await using folder = await settings({});
  assertEquals(await resolveLauncher("/cli", { folder: folder.path }), { status: "none" });
  assertEquals(await resolveLauncher("/cli", { folder: "" }), { status: "none" });
});

for (
  const [what, files, value, source] of [
    ["the variable", { "managed-settings.json": wrapper("/bin/sh a") }, "/bin/sh a", "managed-settings.json"],
    [
      "the variable rather than the setting",
      { "managed-settings.json": { ...wrapper("/bin/sh a"), processWrapper: "/bin/sh b" } },
      "/bin/sh a",
      "managed-settings.json",
    ],
    [
      "the setting if the variable is empty",
      { "managed-settings.json": { ...wrapper(""), processWrapper: "/bin/sh b" } },
      "/bin/sh b",
      "managed-settings.json",
    ],
    [
      "a later file rather than an earlier one",
      {
        "managed-settings.json": wrapper("/bin/sh a"),
        "managed-settings.d/20.json": wrapper("/bin/sh c"),
        "managed-settings.d/10.json": wrapper("/bin/sh b"),
      },
      "/bin/sh c",
      "managed-settings.d/20.json",
    ],
    [
      "an earlier file if a later one has a wrong type",
      { "managed-settings.json": wrapper("/bin/sh a"), "managed-settings.d/20.json": wrapper(["/bin/sh"]) },
      "/bin/sh a",
      "managed-settings.json",
    ],
    [
      "nothing of hidden files, other names and directories",
      {
        "managed-settings.json": { processWrapper: "/bin/sh a" },
        "managed-settings.d/.9.json": wrapper("/bin/sh x"),
        "managed-settings.d/9.json.bak": "{",
        "managed-settings.d/9.json/x": "{",
      },
      "/bin/sh a",
      "managed-settings.json",
    ],
  ] as const
) {
  Deno.test(`resolveLauncher() takes ${what}`, async () => {
    await using folder = await settings(files);
    assertEquals(await resolveLauncher("/cli", { folder: folder.path }), {
      status: "usable",
      argv: value.split(" "),
      source: `${folder.path}/${source}`,
    });
  });
}

Deno.test("resolveLauncher() takes the other folder only if the first one has no settings", async () => {
  await using managed = await settings({ "managed-settings.d/x.txt": "" });
  await using empty = await settings({});
  await using substitute = await settings({ "managed-settings.json": wrapper("/bin/sh") });
  const { path } = substitute;
  assertEquals((await resolveLauncher("/cli", { folder: empty.path, substitute: path })).status, "usable");
  assertEquals((await resolveLauncher("/cli", { folder: managed.path, substitute: path })).status, "none");
});

for (
  const [value, reason] of [
    ["/cli", "launcher `/cli` is Claude Code's own path"],
    ["sh", "the launcher must be an absolute path, not a bare name resolved via PATH"],
    ["./sh", "the launcher must be an absolute path, not a bare name resolved via PATH"],
    ["/x/run.mjs", "launcher `/x/run.mjs` is a script the SDK would run in place of Claude Code"],
    ["/nonexistent/run", "launcher `/nonexistent/run` does not exist or is not an executable regular file"],
    ["/tmp", "launcher `/tmp` does not exist or is not an executable regular file"],
    ["/etc/passwd", "launcher `/etc/passwd` does not exist or is not an executable regular file"],
    ["/a\0b", "launcher `/a\0b` does not exist or is not an executable regular file"],
  ] as const
) {
  Deno.test(`resolveLauncher() does not use ${JSON.stringify(value)}`, async () => {
    await using folder = await settings({ "managed-settings.json": wrapper(value) });
    assertEquals(await resolveLauncher("/cli", { folder: folder.path }), {
      status: "unusable",
      source: `${folder.path}/managed-settings.json`,
      reason,
    });
  });
}

for (
  const [what, content, reason] of [
    ["broken JSON", "{", "not valid JSON"],
    ["an empty file", "", "not valid JSON"],
    ["a list", "[]", "not a JSON object"],
    ["a file that is nested too deeply", "[".repeat(200_000), "not valid JSON"],
    ["a huge file", " ".repeat((2 << 20) + 1), "larger than 2 MiB"],
  ] as const
) {
  for (const name of ["managed-settings.json", "managed-settings.d/50.json"]) {
    Deno.test(`resolveLauncher() says that it cannot read ${what} in ${name}`, async () => {
      await using folder = await settings({ "managed-settings.d/10.json": wrapper("/bin/sh"), [name]: content });
      assertEquals(await resolveLauncher("/cli", { folder: folder.path }), {
        status: "unreadable",
        reason,
        path: `${folder.path}/${name}`,
      });
    });
  }
}

Deno.test("resolveLauncher() says that it cannot read a directory or a FIFO in the place of the file, and never waits", async () => {
  await using folder = await settings({});
  const path = `${folder.path}/managed-settings.json`;
  await Deno.mkdir(path);
  const resolve = () => soon("the answer", resolveLauncher("/cli", { folder: folder.path }));
  assertEquals(await resolve(), { status: "unreadable", reason: "is a directory", path });
  await Deno.remove(path);
  await makeFifo(path);
  assertEquals(await resolve(), { status: "unreadable", reason: "not a regular file", path });
});

Deno.test("resolveLauncher() passes over FIFOs and dangling links among the files of the folder", async () => {
  await using folder = await settings({ "managed-settings.d/10.json": wrapper("/bin/sh") });
  await makeFifo(`${folder.path}/managed-settings.d/20.json`);
  await Deno.symlink("/nonexistent", `${folder.path}/managed-settings.d/30.json`);
  assertEquals((await soon("the answer", resolveLauncher("/cli", { folder: folder.path }))).status, "usable");
});

Deno.test("resolveLauncher() says that it may not read a file", { ignore: Deno.uid() === 0 }, async () => {
  await using folder = await settings({ "managed-settings.json": wrapper("/bin/sh") });
  const path = `${folder.path}/managed-settings.json`;
  await Deno.chmod(path, 0o000);
  const resolved = await resolveLauncher("/cli", { folder: folder.path });
  assertEquals(resolved, { status: "unreadable", reason: "permission denied", path });
});

async function makeFifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assertEquals(success, true);
}

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findRelease, targetOf } from "../../lib/hosts/release.ts";
import { releaseArchive } from "../../lib/hosts/release_archive.ts";
import { attachArguments, overOwnSsh } from "../../lib/hosts/ssh_terminal.ts";
import { RequestError } from "../../lib/system/request_error.ts";
import { writeRelease } from "../helpers/release.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("targetOf() names systems and machines as releases are named", () => {
  assertEquals(targetOf("Linux", "x86_64"), "linux-amd64");
  assertEquals(targetOf("Darwin", "arm64"), "darwin-arm64");
  assertEquals(targetOf("linux", "aarch64"), "linux-arm64");
  assertEquals(targetOf("FreeBSD", "amd64"), undefined);
});

Deno.test("findRelease() takes the release that runs, what a checkout has packed, or what is named", async () => {
  await using directory = await tempDir();
  const packed = await writeRelease(`${directory.path}/dist/portable/claustrum-linux-amd64`);
  const other = await writeRelease(`${directory.path}/dist/portable/claustrum-linux-arm64`);
  await Deno.writeTextFile(`${packed}/deno`, "");
  await Deno.writeTextFile(`${packed}/.release`, "a note");
  const target = "linux-amd64";
  const bundle = { module: `file://${packed}/claustrum.js`, target };
  const checkout = { module: `file://${directory.path}/lib/cli/hub_main.ts`, target };
  const found = async (...args: Parameters<typeof findRelease>) => (await findRelease(...args)).directory;
  assertEquals(await found(target, bundle, undefined), packed);
  assertEquals(await found("linux-arm64", bundle, undefined), other);
  assertEquals(await found(target, checkout, undefined), packed);
  assertEquals(await found("linux-arm64", checkout, `${directory.path}/dist/portable`), other);
  assertEquals(await found(target, checkout, other), other);
  const { files, bytes } = await findRelease(target, bundle, undefined);
  assertEquals(files.map(({ name, isProgram }) => [name, isProgram]), [
    ["claustrum", true],
    ["claustrum.js", false],
    ["deno", false],
    ["notes", false],
  ]);
  assertEquals(bytes, files.reduce((sum, { size }) => sum + size, 0));
  for (const running of [bundle, checkout]) {
    await assertRejects(() => findRelease("darwin-arm64", running, undefined), RequestError, "deno task pack");
  }
});

Deno.test("findRelease() refuses what is no release", async () => {
  await using directory = await tempDir();
  const running = { module: "", target: "" };
  const find = (path: string) => () => findRelease("linux-amd64", running, path);
  await assertRejects(find(directory.path), RequestError, "contains no release");
  const nested = await writeRelease(`${directory.path}/nested`);
  await Deno.mkdir(`${nested}/more`);
  await assertRejects(find(nested), RequestError, "plain files alone");
});

Deno.test("releaseArchive() is what tar reads, and tells how far it is", async () => {
  await using directory = await tempDir();
  const path = await writeRelease(`${directory.path}/r`, "x".repeat(1024));
  const release = await findRelease("linux-amd64", { module: "", target: "" }, path);
  for (const isCompressed of [true, false]) {
    let told = 0;
    const archive = releaseArchive(release, { isCompressed, onProgress: (bytes) => told = bytes });
    const out = `${directory.path}/out-${isCompressed}`;
    await Deno.mkdir(out);
    const tar = new Deno.Command("tar", { args: [isCompressed ? "-xzf" : "-xf", "-", "-C", out], stdin: "piped" })
      .spawn();
    await archive.pipeTo(tar.stdin);
    assertEquals((await tar.status).success, true);
    assertEquals(told, release.bytes);
    const unpacked = await findRelease("linux-amd64", { module: "", target: "" }, out);
    assertEquals(unpacked.digest, release.digest);
  }
});

Deno.test("attachArguments() names the session for every login shell, and only hosts over ssh", () => {
  const host = { name: "box", line: "ssh", address: "ssh://me@box:22", state: "up", sessions: 0, waiting: 0 } as const;
  const args = attachArguments(host, "0-1", true);
  assertEquals(args.slice(0, -1), ["-t", "-p", "22", "-l", "me", "--", "box"]);
  assertEquals(args.at(-1)!.endsWith(`claustrum session attach "$@"' sh --interrupt -- 0-1`), true);
});

Deno.test("overOwnSsh() finds a host of another line in the ssh configuration, and attachArguments() says what to do else", async () => {
  await using home = await tempDir();
  await Deno.mkdir(`${home.path}/.ssh`);
  await Deno.writeTextFile(`${home.path}/.ssh/config`, "Host lab\n");
  const host = { name: "lab", line: "link", state: "up", sessions: 0, waiting: 0 } as const;
  assertEquals(attachArguments(await overOwnSsh(host, home.path), "0-1", false).slice(0, -1), ["-t", "--", "lab"]);
  const other = await overOwnSsh({ ...host, name: "box" }, home.path);
  assertThrows(
    () => attachArguments(other, "0-1", false),
    RequestError,
    "log in there and run claustrum session attach",
  );
});

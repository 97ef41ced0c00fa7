import { assertEquals, assertThrows } from "@std/assert";
import { lookUpCommand } from "../../lib/process/command_lookup.ts";
import { tempDir } from "../helpers/temp.ts";

async function program(path: string, mode = 0o755): Promise<void> {
  await Deno.writeTextFile(path, "#!/bin/sh\n");
  await Deno.chmod(path, mode);
}

Deno.test("lookUpCommand() returns the first executable file on the PATH", async () => {
  await using dir = await tempDir();
  for (const name of ["one", "two", "three", "four"]) await Deno.mkdir(`${dir.path}/${name}`);
  await program(`${dir.path}/one/x`, 0o644);
  await Deno.mkdir(`${dir.path}/two/x`);
  await program(`${dir.path}/three/x`);
  await program(`${dir.path}/four/x`);
  const path = `/nope:${dir.path}/one:${dir.path}/two/:${dir.path}//three/.:${dir.path}/four`;
  const found = lookUpCommand("x", { path, cwd: "/" });
  assertEquals(found, { file: `${dir.path}/three/x`, shownAs: `${dir.path}/three/x`, isNative: true });
});

Deno.test("lookUpCommand() refuses a file that it finds through a relative PATH element", () => {
  const here = `${Deno.cwd()}`;
  const relative = here.split("/").slice(1).map(() => "..").join("/") + "/bin";
  for (const path of [relative, `/nope:${relative}`]) {
    assertThrows(
      () => lookUpCommand("sh", { path, cwd: "/" }),
      Error,
      'exec: "sh": cannot run executable found relative to current directory',
    );
  }
});

Deno.test("lookUpCommand() finds nothing when the PATH is empty", () => {
  assertThrows(
    () => lookUpCommand("sh", { path: "", cwd: "/" }),
    Error,
    'exec: "sh": executable file not found in $PATH',
  );
});

Deno.test("lookUpCommand() resolves a relative path from the given directory", async () => {
  await using dir = await tempDir();
  await program(`${dir.path}/x`);
  const found = lookUpCommand("./x", { path: "", cwd: dir.path });
  assertEquals(found, { file: `${dir.path}/./x`, shownAs: "./x", isNative: true });
});

Deno.test("lookUpCommand() recognizes native programs", { ignore: Deno.build.os !== "linux" }, () => {
  assertEquals(lookUpCommand("/bin/sh", { path: "", cwd: "/" }).isNative, true);
});

Deno.test("lookUpCommand() does not treat a damaged program as native", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using dir = await tempDir();
  const shell = await Deno.readFile("/bin/sh");
  const variants: Record<string, Uint8Array> = {
    "cut short": shell.slice(0, 40),
    "of another machine": shell.slice().fill(0xff, 18, 20),
  };
  for (const [name, bytes] of Object.entries(variants)) {
    await Deno.writeFile(`${dir.path}/x`, bytes, { mode: 0o755 });
    assertThrows(() => lookUpCommand(`${dir.path}/x`, { path: "", cwd: "/" }), Error, "exec format error", name);
  }
  const loader = new TextDecoder("latin1").decode(shell).indexOf("/lib64/ld");
  if (loader < 0) return;
  await Deno.writeFile(`${dir.path}/x`, shell.slice().fill(0x78, loader + 1, loader + 4), { mode: 0o755 });
  assertEquals(lookUpCommand(`${dir.path}/x`, { path: "", cwd: "/" }).isNative, false);
});

Deno.test("lookUpCommand() does not open a FIFO", async () => {
  await using dir = await tempDir();
  const fifo = `${dir.path}/fifo`;
  await new Deno.Command("mkfifo", { args: ["-m", "755", fifo] }).output();
  assertEquals(lookUpCommand(fifo, { path: "", cwd: "/" }), { file: fifo, shownAs: fifo, isNative: false });
  await Deno.writeTextFile(`${dir.path}/script`, `#!${fifo}\n`, { mode: 0o755 });
  assertEquals(lookUpCommand("script", { path: dir.path, cwd: "/" }).isNative, false);
  assertThrows(() => lookUpCommand("fifo", { path: dir.path, cwd: "/" }), Error, "executable file not found in $PATH");
});

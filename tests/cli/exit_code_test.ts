import { assertEquals } from "@std/assert";
import { exitCodeOf, startErrorCode } from "../../lib/cli/exit_code.ts";

Deno.test("exitCodeOf() returns 128 plus the number of a signal, with or without a name", async () => {
  const codes = [{ code: 0 }, { code: 7 }, { code: -1 }, { code: -1, signal: "SIGSYS" }, { code: -1, signal: "SIG35" }];
  assertEquals(await Promise.all(codes.map(exitCodeOf)), [0, 7, 255, 159, 163]);
  assertEquals(await exitCodeOf({ code: -1, signal: "SIGNEVER" }), 255);
});

Deno.test("startErrorCode() distinguishes a missing command from one that cannot be executed", () => {
  assertEquals(startErrorCode('exec: "x": executable file not found in $PATH'), 127);
  assertEquals(startErrorCode("fork/exec /x: no such file or directory"), 127);
  assertEquals(startErrorCode("fork/exec /x: exec format error"), 126);
  assertEquals(startErrorCode('exec: "x": cannot run executable found relative to current directory'), 126);
  assertEquals(startErrorCode("chdir /x: stat /x: no such file or directory"), 125);
});

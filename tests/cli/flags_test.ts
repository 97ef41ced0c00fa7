import { assertEquals, assertThrows } from "@std/assert";
import { parseClassic, UsageError } from "../../lib/cli/flags.ts";

const NOTHING = { mode: undefined, socket: "", tokenFile: "", tokenFd: undefined, limits: {} };

for (
  const [args, expected] of [
    [[], {}],
    [["-serve"], { mode: "serve" }],
    [["--serve", "--socket", "/s", "--token-fd=3"], { mode: "serve", socket: "/s", tokenFd: 3 }],
    [["-serve", "-token-file=/a=b"], { mode: "serve", tokenFile: "/a=b" }],
    [["-serve", "-bridge", "-stop", "-version"], { mode: "version" }],
    [["-serve", "-bridge", "-stop"], { mode: "stop" }],
    [["-serve", "-bridge"], { mode: "bridge" }],
    [["-serve=false", "-bridge=T"], { mode: "bridge" }],
    [["-socket", "-serve"], { socket: "-serve" }],
    [["-socket=", "-stop"], { mode: "stop" }],
    [["-serve", "stop", "-bridge", "-nope"], { mode: "serve" }],
    [["-git-timeout", "1m30s", "-max-extract-bytes=0"], { limits: { gitTimeoutMs: 90_000, maxExtractBytes: 0 } }],
    [["-git-timeout=1.5s"], { limits: { gitTimeoutMs: 1_500 } }],
    [["-git-timeout=-2h", "-max-extract-bytes", "-5"], { limits: { gitTimeoutMs: 0, maxExtractBytes: 0 } }],
    [["-git-timeout=0"], { limits: { gitTimeoutMs: 0 } }],
    [["-serve", "--", "-bridge"], { mode: "serve" }],
    [["-serve", "-", "-bridge"], { mode: "serve" }],
  ] as const
) {
  Deno.test(`parseClassic() reads ${JSON.stringify(args)}`, () => {
    assertEquals(parseClassic(args), { ...NOTHING, ...expected });
  });
}

for (
  const [args, message] of [
    [["-x"], "flag provided but not defined: -x"],
    [["--x=1"], "flag provided but not defined: -x"],
    [["-toString"], "flag provided but not defined: -toString"],
    [["-socket"], "flag needs an argument: -socket"],
    [["-serve=maybe"], 'invalid boolean value "maybe" for -serve: parse error'],
    [["-token-fd", "three"], 'invalid value "three" for flag -token-fd: parse error'],
    [["-git-timeout", "90"], 'invalid value "90" for flag -git-timeout: parse error'],
    [["-git-timeout="], 'invalid value "" for flag -git-timeout: parse error'],
    [["-max-extract-bytes", "1k"], 'invalid value "1k" for flag -max-extract-bytes: parse error'],
    [["---serve"], "bad flag syntax: ---serve"],
    [["-=x"], "bad flag syntax: -=x"],
  ] as const
) {
  Deno.test(`parseClassic() refuses ${JSON.stringify(args)}`, () => {
    assertThrows(() => parseClassic(args), UsageError, message);
  });
}

import { assertEquals, assertThrows } from "@std/assert";
import { parseClassic } from "../../lib/cli/classic.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const NOTHING = { mode: undefined, flags: {}, settings: {}, warnings: [] };

for (
  const [args, expected] of [
    [[], {}],
    [["-serve"], { mode: "serve", flags: { serve: true } }],
    [["--serve", "--socket", "/s", "--token-fd=3"], {
      mode: "serve",
      flags: { serve: true, socket: "/s", "token-fd": 3 },
    }],
    [["-serve", "-token-file=/a=b"], { mode: "serve", flags: { serve: true, "token-file": "/a=b" } }],
    [["-serve", "-bridge", "-stop", "-install", "-version"], {
      mode: "version",
      flags: { serve: true, bridge: true, stop: true, install: true, version: true },
    }],
    [["-serve", "-stop", "-install"], { mode: "install", flags: { serve: true, stop: true, install: true } }],
    [["-serve", "-bridge", "-stop"], { mode: "stop", flags: { serve: true, bridge: true, stop: true } }],
    [["-serve", "-bridge"], { mode: "bridge", flags: { serve: true, bridge: true } }],
    [["-serve=false", "-bridge=T"], { mode: "bridge", flags: { serve: false, bridge: true } }],
    [["-socket", "-serve"], { flags: { socket: "-serve" } }],
    [["-socket=", "-stop"], { mode: "stop", flags: { socket: "", stop: true } }],
    [["-serve", "stop", "-bridge", "-nope"], { mode: "serve", flags: { serve: true } }],
    [["-git-timeout", "1m30s", "-max-extract-bytes=0"], {
      settings: { "git-timeout": 90_000, "max-extract-bytes": 0 },
    }],
    [["-git-timeout=1.5s"], { settings: { "git-timeout": 1_500 } }],
    [["-git-timeout=-2h", "-max-extract-bytes", "-5"], {
      settings: { "git-timeout": 0, "max-extract-bytes": 0 },
      warnings: ["-git-timeout -2h counts as 0", "-max-extract-bytes -5 counts as 0"],
    }],
    [["-git-timeout=0"], { settings: { "git-timeout": 0 } }],
    [["-install", "-cli-keep", "0", "-max-cli-bytes=7"], {
      mode: "install",
      flags: { install: true, "cli-keep": 0 },
      settings: { "max-cli-bytes": 7 },
    }],
    [["-serve", "--", "-bridge"], { mode: "serve", flags: { serve: true } }],
    [["-serve", "-", "-bridge"], { mode: "serve", flags: { serve: true } }],
  ] as const
) {
  Deno.test(`parseClassic() parses ${JSON.stringify(args)}`, () => {
    assertEquals(parseClassic(args), { ...NOTHING, ...expected });
  });
}

for (
  const [args, message] of [
    [["-x"], "flag provided but not defined: -x"],
    [["--x=1"], "flag provided but not defined: -x"],
    [["-version-override", "x"], "flag provided but not defined: -version-override"],
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
  Deno.test(`parseClassic() rejects ${JSON.stringify(args)}`, () => {
    assertThrows(() => parseClassic(args), UsageError, message);
  });
}

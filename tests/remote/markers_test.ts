import { assertEquals } from "@std/assert";
import { type Finding, findMarkers, MARKERS } from "../../lib/remote/markers.ts";

const AT = "2026-11-22T01:02:03.456Z [DEBUG]";
/** What the CLI writes, and what it says; one for each marker, in their order. */
const LINES: readonly (readonly [string, readonly Finding[]])[] = [
  [`${AT} [bridge:work] Starting poll loop spawnMode=same-dir`, [{ kind: "poll_loop" }]],
  [`${AT} [bridge:init] Registered environmentId=env_01Ab-c machine=x`, [{ kind: "environment", id: "env_01Ab-c" }]],
  [`${AT} [bridge:init] Bridge starting bridgeId=1b-2c dir=/x`, [{ kind: "bridge", id: "1b-2c" }]],
  [`${AT} Created initial session session_01Ab`, [{ kind: "session", id: "session_01Ab" }]],
  ["│ https://claude.ai/code/session_01Ab?from=cli │", [{ kind: "session", id: "session_01Ab" }]],
  ["see https://claude.ai/code?environment=env_01Ab now", [{ kind: "environment", id: "env_01Ab" }]],
  [`${AT} [bridge:shutdown] Shutting down`, [{ kind: "shutdown" }]],
  [
    "Error: Workspace not trusted. Please run `claude` first.",
    [{ kind: "failure", text: "Workspace not trusted: trust the project, and start it again" }],
  ],
  [
    "Error: You must be logged in to use Remote Control.",
    [{
      kind: "failure",
      text: "You must be logged in to use Remote Control: run `claude auth login`, and start it again",
    }],
  ],
];

for (const [i, [line, findings]] of LINES.entries()) {
  Deno.test(`findMarkers() knows ${JSON.stringify(line)}`, () => {
    assertEquals(findMarkers(`before\n${line}\nafter\n`), findings);
    assertEquals(MARKERS[i]?.pattern.test(line), true);
  });
}

Deno.test("findMarkers() is tested for each marker", () => {
  assertEquals(LINES.length, MARKERS.length);
});

Deno.test("findMarkers() finds several markers in a line, in the order of the table", () => {
  assertEquals(findMarkers(`${AT} [bridge:work] Starting poll loop spawnMode=session environmentId=env_1\n`), [
    { kind: "poll_loop" },
    { kind: "environment", id: "env_1" },
  ]);
});

Deno.test("findMarkers() finds nothing in other lines", () => {
  const lines = [
    `${AT} [bridge:work] Waiting for work`,
    `${AT} [bridge:work] Poll loop ended`,
    `${AT} environmentId=env_1 without a bridge`,
    `${AT} session_01Ab was mentioned`,
    "https://claude.ai/code",
  ];
  assertEquals(findMarkers(lines.join("\n")), []);
});

for (const piece of ["[bridge:a]", "[bridge:init]"]) {
  Deno.test(`findMarkers() is quick with a long line of ${piece}`, () => {
    const line = piece.repeat((64 << 10) / piece.length);
    const start = performance.now();
    assertEquals(findMarkers(line), []);
    assertEquals(performance.now() - start < 200, true);
  });
}

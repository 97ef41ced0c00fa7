import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { LineBlocks, MAX_LINE_BYTES } from "../../lib/remote/line_blocks.ts";
import { LogMask, plainText } from "../../lib/remote/log_mask.ts";

const OWN = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEF";
/** One of each kind, and the part that must never be seen. */
const SECRETS: readonly (readonly [secret: string, hidden: string])[] = [
  ["env_01AbCdEfGhIjKlMnOp", "01AbCdEfGhIjKlMnOp"],
  ["session_01AbCdEfGhIjKlMnOp", "01AbCdEfGhIjKlMnOp"],
  ["cse_01AbCdEfGhIjKlMnOp", "01AbCdEfGhIjKlMnOp"],
  ["123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
  ["ghp_abcdefghijklmnopqrst", "abcdefghijklmnopqrst"],
  ["gho_abcdefghijklmnopqrst", "abcdefghijklmnopqrst"],
  ["github_pat_11ABCDEFG0abcdefgh", "11ABCDEFG0abcdefgh"],
  ["glpat-abcdefghij_klmnop", "abcdefghij_klmnop"],
  ["AKIAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"],
  ["sk-ant-api03-abcdefghijkl", "ant-api03-abcdefghijkl"],
  ["xoxb-123456789012-abcdef", "123456789012-abcdef"],
  ["Bearer abc.def/ghi+jkl=", "abc.def/ghi+jkl="],
  ["bearer  abcdefghijkl", "abcdefghijkl"],
  ["clst_abcdefghijklmnop", "abcdefghijklmnop"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "hbGciOiJIUzI1NiJ9"],
  [OWN, OWN],
];
const MASK = new LogMask([OWN]);
/** What a terminal does not show. */
const ESCAPES = [
  "\x1b[31m",
  "\x1b[0m",
  "\x1b]0;title\x07",
  "\x1b]8;;http://x\x1b\\",
  "\x1bPq\x1b\\",
  "\x1b(B",
  "\x9b1m",
  "\r",
  "\x00",
];

/** Masks bytes that come in pieces. */
function maskPieces(pieces: readonly Uint8Array[]): string {
  const blocks = new LineBlocks();
  return [...pieces.map((piece) => blocks.push(piece)), blocks.end()].map((text) => MASK.mask(text)).join("");
}

for (const [secret, hidden] of SECRETS) {
  const kind = secret.slice(0, 8);

  Deno.test(`mask() hides ${kind}… wherever it stands in a line`, () => {
    for (
      const line of [
        secret,
        `x ${secret}`,
        `"${secret}"`,
        `(${secret})`,
        `=${secret}&`,
        `/${secret}?from=cli`,
        `,${secret},`,
      ]
    ) {
      assertFalse(MASK.mask(`${line}\n`).includes(hidden), line);
      assertStringIncludes(MASK.mask(`${line}\n`), "***");
    }
    assertEquals(MASK.mask(`before ${secret} after\n`).replace(/^before .*\*\*\* after\n$/, "ok"), "ok");
  });

  Deno.test(`mask() hides ${kind}… when it is split over two reads at any byte`, () => {
    const bytes = new TextEncoder().encode(`é ${secret} é\nnext\n`);
    const whole = maskPieces([bytes]);
    for (let at = 0; at <= bytes.length; at++) {
      assertEquals(maskPieces([bytes.subarray(0, at), bytes.subarray(at)]), whole, `split at ${at}`);
    }
    assertFalse(whole.includes(hidden));
  });

  Deno.test(`mask() hides ${kind}… within escapes, and where escapes are in it`, () => {
    for (const escape of ESCAPES) {
      assertFalse(MASK.mask(`x${escape}${secret}${escape}y\n`).includes(hidden), JSON.stringify(escape));
      for (let at = 1; at < secret.length; at++) {
        const masked = MASK.mask(`x ${secret.slice(0, at)}${escape}${secret.slice(at)} y\n`);
        assertFalse(masked.includes(hidden), `${JSON.stringify(escape)} at ${at}`);
        assertStringIncludes(masked, "***");
      }
    }
  });
}

Deno.test("mask() leaves what only looks like a secret", () => {
  for (
    const line of [
      "the task-management-of-everything and risk-assessment",
      "session_id, session_name and env_vars of the environment_variables",
      "commit 0123456789abcdef0123456789abcdef01234567",
      "a bearer of news",
      "2026-11-22T01:02:03.456Z [DEBUG] [bridge:work] Starting poll loop",
    ]
  ) assertEquals(MASK.mask(line).replace("bearer ***", "bearer of"), line);
});

Deno.test("mask() does not need a secret to be long to be fast", () => {
  const line = `${"a-b_c.d/e=".repeat(100)} sk- env_ Bearer \x1b[0m\n`.repeat(200);
  const start = performance.now();
  MASK.mask(line);
  assert(performance.now() - start < 1_000);
});

Deno.test("plainText() removes control strings up to their end, and never more than a line", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a\x1b]0;title\x07b\n", "ab\n"],
    ["a\x1b]0;never ended\nnext\n", "a\nnext\n"],
    ["a\x1bPdevice\x1b\\b\x1b_app\x9cc\x1b^pm\x1b\\d\x1bXsos\x1b\\e\n", "abcde\n"],
    ["a\u009b31mb\u009d0;t\u009cc\n", "abc\n"],
    ["\x1b[38;5;245mgrey\x1b[m \x1b[2K\x1b(B\x1b7\x1b=done\x1b\n", "grey done\n"],
    ["tab\tand\x08back\x7f\r\n", "tab\tandback\n"],
    ["zero\u200bwidth \u202ebidi \ufeffmark\n", "zerowidth bidi mark\n"],
  ];
  for (const [text, plain] of cases) assertEquals(plainText(text).text, plain);
});

Deno.test("LineBlocks leaves out the rest of a line that is too long, and a word that is cut", () => {
  const start = `start ${"x ".repeat(MAX_LINE_BYTES / 2 - 8)}`;
  const bytes = new TextEncoder().encode(`${start}${SECRETS[0]![0]}${"y".repeat(100_000)} end\nnext\n`);
  for (const size of [1_000, 65_536, bytes.length]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
    const lines = maskPieces(pieces).split("\n");
    assertEquals(lines.slice(1), ["next", ""], `pieces of ${size}`);
    assert(lines[0]!.startsWith("start x x") && lines[0]!.endsWith("x  …"), lines[0]!.slice(-30));
    assertFalse(lines[0]!.includes("01AbC"));
  }
});

// Each took the hub a second or more before: for that long it did nothing else.
for (const piece of ["xenv_", "ask-", "eyJ", "xsession_abc-", "a"]) {
  Deno.test(`mask() is quick with a long line of ${JSON.stringify(piece)}`, () => {
    const line = `${piece.repeat(MAX_LINE_BYTES / piece.length)}\n`;
    assertFalse(takesLong(() => MASK.mask(line)));
  });
}

Deno.test("push() is quick with a long line that is cut behind a long word", () => {
  const line = new TextEncoder().encode(`${"a".repeat(MAX_LINE_BYTES - 1)}  \n`);
  assertFalse(takesLong(() => new LineBlocks().push(line)));
});

/** Whether something takes a hundred times as long as it may. */
function takesLong(work: () => void): boolean {
  const start = performance.now();
  work();
  return performance.now() - start > 200;
}

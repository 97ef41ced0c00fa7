import { assert, assertEquals } from "@std/assert";
import { openWireLog, type WireLogOptions } from "../../lib/daemon/observe/wire_log.ts";
import { lineMask } from "../../lib/daemon/observe/wire_mask.ts";
import { startDaemon } from "../helpers/daemon.ts";
import { fakeClock } from "../helpers/fake_clock.ts";
import { isExitOf } from "../helpers/line_client.ts";
import { pick, seededRandom } from "../helpers/random.ts";
import { tempDir } from "../helpers/temp.ts";

const TOKEN = "s3cret-<é>-token-0123456789";
/** A token that occurs in no path and in no frame by chance. */
const WORD = "qxzwvk-0918273645";
const ENCODER = new TextEncoder();

interface Noted {
  readonly dir: "in" | "out";
  readonly lines: string;
  readonly conn?: number;
  readonly size?: number;
}

/** Returns the entries of a wire log for some lines: bodies, or raw texts without a limit for strings. */
async function logged(noted: readonly Noted[], options: Partial<WireLogOptions> = {}) {
  await using directory = await tempDir();
  const path = `${directory.path}/wire.jsonl`;
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (text: string) => void warnings.push(text), error() {} };
  {
    using wireLog = openWireLog({ path, maxString: 512, token: TOKEN, clock: fakeClock(), log, ...options });
    for (const { dir, lines, conn = 1, size } of noted) wireLog.note(dir, conn, lines, size);
  }
  const text = await Deno.readTextFile(path);
  assertEquals(warnings, []);
  return { text, entries: text.trim().split("\n").map((line) => JSON.parse(line)) };
}

/** Returns all encodings of a character in a JSON string. */
function escaped(text: string): string {
  return [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** Asserts that a text contains no four consecutive characters of the token. */
function assertNoPiece(text: string, secret = TOKEN): void {
  // The backslashes of a text that is not JSON are escaped once more in the log.
  const plain = text.replaceAll("\\\\", "\\");
  for (let at = 0; at + 4 <= secret.length; at++) {
    const piece = secret.slice(at, at + 4);
    for (const form of [piece, JSON.stringify(piece).slice(1, -1), escaped(piece), piece.replace("<", "\\u003c")]) {
      assert(!text.includes(form) && !plain.includes(form), `${form} is in ${text}`);
    }
  }
}

const SPLITS = [0, 1, 5, 8, 12, TOKEN.length - 1, TOKEN.length];

for (const maxString of [512, 16, 0]) {
  const of = (...noted: Noted[]) => logged(noted, { maxString });

  Deno.test(`the wire log masks the token when it occurs in keys, values and numbers of JSON (strings cut to ${maxString})`, async () => {
    const line = `{"auth":"x","${TOKEN}":"a ${TOKEN} b","nested":[{"k":"${escaped(TOKEN)}"}],"id":{"${
      escaped(TOKEN)
    }":1}}`;
    assertNoPiece((await of({ dir: "in", lines: line }, { dir: "out", lines: line })).text);
    const { text } = await logged([{ dir: "in", lines: '{"id":12345678,"n":-1123456780}' }], {
      maxString,
      token: "12345678",
    });
    assertNoPiece(text, "12345678");
  });

  Deno.test(`the wire log masks the token when lines are not JSON (strings cut to ${maxString})`, async () => {
    for (
      const line of [
        `no json, ${TOKEN}`,
        `${TOKEN}`,
        `{"auth":"${TOKEN}"} x`,
        `{"auth":"${escaped(TOKEN)}"`,
        `{'auth':'${TOKEN}'}`,
        `{"auth":"${escaped(TOKEN)}",}`,
        `{"id":"${escaped(TOKEN)}",}`,
        `{id:${escaped(TOKEN)}`,
        `{"a":"\\"${TOKEN}`,
        `don't ${escaped(TOKEN)} "`,
      ]
    ) {
      assertNoPiece((await of({ dir: "in", lines: line })).text);
    }
  });

  Deno.test(`the wire log masks the token when it is split over two lines (strings cut to ${maxString})`, async () => {
    for (const form of [TOKEN, escaped(TOKEN)]) {
      const unit = form.length / TOKEN.length;
      for (
        const [before, after] of [['{"auth":"', '"}'], ['{"id":"', '","method":"x"}'], ["x ", " x"], ["", ""]] as const
      ) {
        for (const at of SPLITS) {
          const [first, second] = [form.slice(0, at * unit), form.slice(at * unit)];
          const { text } = await of({ dir: "in", lines: before + first }, { dir: "in", lines: second + after });
          assertNoPiece(text);
        }
      }
    }
    const three = [TOKEN.slice(0, 9), TOKEN.slice(9, 18), TOKEN.slice(18)];
    assertNoPiece((await of(...three.map((lines): Noted => ({ dir: "in", lines })))).text);
  });

  Deno.test(`the wire log masks secrets of the environment when lines are cut (strings cut to ${maxString})`, async () => {
    const secret = "hunter2-is-long";
    for (
      const line of [
        `{"params":{"env":{"API_KEY":"${secret}`,
        `{"params":{"env":{"API_KEY":"${secret}"`,
        `{"params":{"env":{"api_\\u006bey":"\\"${secret}","PATH":"/bin"`,
        `{"params":{"env":{'DB_PASSWORD' : '${secret}'`,
        `{"params":{"env":{"TOKEN": ${secret}, "x`,
        `{"params":{"env":{"TOKEN": "a\\\\","MY_SECRET":"${escaped(secret)}`,
      ]
    ) {
      assertNoPiece((await of({ dir: "in", lines: line })).text, secret);
    }
    for (let at = 0; at <= secret.length; at++) {
      const [first, second] = [secret.slice(0, at), secret.slice(at)];
      const { text, entries } = await of(
        { dir: "in", lines: `{"env":{"API_KEY":"${first}` },
        // A line of another client in between does not matter.
        { dir: "in", lines: "seen", conn: 2 },
        { dir: "in", lines: `${second}","PATH":"seen"}` },
        { dir: "in", lines: '{"seen' },
      );
      assertNoPiece(text, secret);
      assertEquals(entries.map((entry) => JSON.stringify(entry).includes("seen")), [false, true, false, true]);
    }
  });

  Deno.test(`the wire log masks the token when the data of one or two frames contains it (strings cut to ${maxString})`, async () => {
    const bytes = ENCODER.encode(TOKEN);
    const frame = (data: Uint8Array, stream = "stdout", processId = "p"): Noted => ({
      dir: "out",
      lines: JSON.stringify({ type: "stream", processId, stream, seq: 1, data: data.toBase64() }) + "\n",
    });
    const stdin = (data: Uint8Array, id = "p"): Noted => ({
      dir: "in",
      lines: JSON.stringify({ method: "process.stdin", params: { id, data: data.toBase64() } }),
    });
    const concat = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
    const shown = (entries: { body?: object; raw?: string }[]) =>
      entries.map(({ body, raw }) => {
        const { data, params } = (body ?? JSON.parse(raw!)) as { data?: string; params?: { data: string } };
        const text = (data ?? params!.data).replace(/\.\.\.\(.*/, "");
        // A line can be cut anywhere.
        return new TextDecoder().decode(Uint8Array.fromBase64(text.slice(0, text.length - text.length % 4)));
      }).join("");
    for (const noted of [frame, stdin]) {
      for (let lead = 0; lead < 3; lead++) {
        for (let at = 0; at <= bytes.length; at++) {
          const before = ENCODER.encode("x".repeat(lead));
          const { text, entries } = await of(
            noted(concat(before, bytes.subarray(0, at))),
            // Other streams and processes are independent.
            ...(noted === frame
              ? [frame(ENCODER.encode("yy"), "stderr"), frame(ENCODER.encode("y"), "stdout", "q")]
              : []),
            noted(concat(bytes.subarray(at), ENCODER.encode("zzz"))),
          );
          assert(!text.includes(bytes.toBase64().slice(4, -4)));
          assertNoPiece(shown(entries));
        }
      }
    }
    const whole = concat(ENCODER.encode("a "), bytes, ENCODER.encode(" b"));
    if (maxString !== 16) assertEquals(shown((await of(frame(whole))).entries), "a *** b");
    const harmless = frame(ENCODER.encode("s3c and so on s3c"));
    assertEquals(shown((await logged([harmless])).entries), "s3c and so on s3c");
  });

  Deno.test(`the wire log masks the token when it is at the end of the reported part of a very long line (strings cut to ${maxString})`, async () => {
    for (let at = 4; at < TOKEN.length; at++) {
      const lines = `{"result":{"content":"${"x".repeat(30)}${TOKEN.slice(0, at)}`;
      const { text } = await of({ dir: "out", lines, size: 99_999_999 });
      assertNoPiece(text);
      assert(text.includes("...(99999999 bytes)"), text);
    }
  });
}

Deno.test("lineMask() leaves no piece of a secret when lines are written or cut in any way", () => {
  const random = seededRandom(11);
  const secret = `hunter2-is-"long\\'`;
  const tokens = [WORD, "aaaaaaab", `abcabcabd<'"\\x`, "éé<&>12345678", "1234567890"];
  const written = (text: string) =>
    [...text].map((char) => random() < 0.3 ? escaped(char) : JSON.stringify(char).slice(1, -1)).join("");
  for (let round = 0; round < 5_000; round++) {
    const token = pick(random, tokens);
    const env = `{"API_KEY" : "${written(secret)}","PATH":"x"}`;
    const whole = pick(random, [
      `{"jsonrpc":"2.0","id":"${written(token)}","params":{"env":${env}},"auth":"${written(token)}"}`,
      `{"auth":"${written(token)}","params":{"env":${env},"args":["${written(token)}"]}}`,
      `x ${written(token)} "y" '${written(token)}'`,
    ]);
    const line = random() < 0.3 ? whole.slice(0, random() * whole.length) : whole;
    const cuts = [random(), random()].map((share) => Math.floor(share * line.length)).sort((a, b) => a - b);
    const lines = [line.slice(0, cuts[0]), line.slice(cuts[0], cuts[1]), line.slice(cuts[1])];
    const mask = lineMask(token);
    const shown = lines.map((part) => JSON.stringify(mask(part, { direction: "in", conn: 1 }))).join("");
    const plain = decodeAll(shown);
    for (const hidden of [token, secret]) {
      // Up to three characters on either side of a cut reveal nothing.
      for (let at = 0; at + 7 <= hidden.length; at++) {
        const piece = hidden.slice(at, at + 7);
        assert(!plain.includes(piece), `${piece} of ${JSON.stringify(lines)} is in ${shown}`);
      }
    }
  }
});

/** Decodes all escapes of a text twice and joins its lines. */
function decodeAll(text: string): string {
  const decode = (part: string) =>
    part.replace(/\\u([0-9a-f]{4})/g, (_all, code) => String.fromCharCode(parseInt(code, 16)))
      .replace(/\\(["'\\])/g, "$1");
  return [text, decode(text), decode(decode(text))].map((form) => form.replaceAll('""', "")).join("\n");
}

Deno.test("the wire log is written when lines are nested very deeply", async () => {
  for (const depth of [5_000, 500_000]) {
    const deep = "[".repeat(depth) + "]".repeat(depth);
    const { entries } = await logged([{ dir: "in", lines: deep }, { dir: "in", lines: `{"a":${"[".repeat(depth)}` }, {
      dir: "out",
      lines: "after",
    }]);
    assertEquals([entries.length, entries[2].body], [3, "after"]);
  }
});

Deno.test("the wire log does not change the replies when it is enabled", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/wire.jsonl`;
  await using daemon = await startDaemon({ flags: ["--wire-log", path] });
  using client = await daemon.connect();
  await client.sendRaw("[".repeat(500_000) + "\n");
  assertEquals((await client.message()).error?.message, "Parse error");
  await client.sendRaw(`{"id":${"[".repeat(9_000)}${"]".repeat(9_000)},"auth":"x"}\n`);
  assertEquals((await client.message()).error?.code, -32001);
  assertEquals((await client.call("server.ping")).result, { pong: true });
});

Deno.test("the wire log contains a single frame when a reply is large", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/wire.jsonl`;
  await using daemon = await startDaemon({ token: WORD, flags: ["--wire-log", path] });
  const content = "\xff".repeat(100_000) + WORD;
  await Deno.writeFile(`${daemon.directory}/file`, Uint8Array.from(content, (char) => char.charCodeAt(0)));
  using client = await daemon.connect();
  await client.call("files.read", { path: `${daemon.directory}/file` });
  // The daemon's token, which a shell of the user may print.
  await client.send("process.spawn", { id: "p", command: "cat", args: [`${daemon.directory}/daemon.token`] });
  await client.until(isExitOf("p"));
  const text = await Deno.readTextFile(path);
  const [, reply] = text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([reply.dir, reply.body.result.exists], ["out", true]);
  assertEquals(reply.body.result.content.slice(-14), "(300003 bytes)");
  assertNoPiece(text, WORD);
  assert(!text.includes(btoa(WORD).slice(0, 8)), text);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startDaemon } from "../helpers/daemon.ts";
import { outputOf } from "../helpers/line_client.ts";
import { tempDir } from "../helpers/temp.ts";
import { soon, waitFor } from "../helpers/wait.ts";
import { METHOD_TYPES, methodTypes } from "./method_types.ts";
import { hubDocument } from "./hub_tables.ts";
import { protocolDocument } from "./tables.ts";

/** Returns the code blocks of a language in the document. */
async function blocks(language: string): Promise<string[]> {
  const { is } = await protocolDocument();
  return [...is.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, text]) => text!);
}

Deno.test("PROTOCOL.md has the tables that the protocol defines", async () => {
  const { is, shouldBe } = await protocolDocument();
  assertEquals(is, shouldBe, "bring it up to date with: deno task protocol");
});

Deno.test("method_types.ts has the interfaces of the protocol", async () => {
  assertEquals(await Deno.readTextFile(METHOD_TYPES), methodTypes(), "bring it up to date with: deno task protocol");
});

Deno.test("Client.call() has plain interfaces as the types of its params and result", async () => {
  await using directory = await tempDir();
  const path = `${directory.path}/use.ts`;
  const module = new URL("../../lib/client/mod.ts", import.meta.url).href;
  await Deno.writeTextFile(
    path,
    `import type { Client } from "${module}";
export function use(client: Client): number {
  return client.call<"process.list">;
}
`,
  );
  const args = ["check", "--quiet", `--config=${new URL("../../deno.json", import.meta.url).pathname}`, path];
  const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" }, stdin: "null" });
  const { code, stderr } = await command.output();
  const shown = '(method: "process.list", params?: ProcessListParams | undefined, ' +
    "options?: CallOptions | undefined) => Promise<ProcessListResult>";
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), `Type '${shown}' is not assignable`);
});

Deno.test("PROTOCOL.md has the exact lines of the daemon in its examples", async () => {
  await using daemon = await startDaemon();
  for (const block of await blocks("wire")) {
    using client = await daemon.connect();
    for (const line of block.trim().split("\n")) {
      const text = line.slice(2).replace('"TOKEN"', JSON.stringify(daemon.token));
      if (line.startsWith("→")) await client.sendRaw(`${text}\n`);
      else assertEquals(await client.line(), text);
    }
  }
});

Deno.test("PROTOCOL.md is right: who loses a stream without notice sees nothing, and can still write", async () => {
  await using daemon = await startDaemon();
  using loser = await daemon.connect();
  using winner = await daemon.connect();
  await loser.call("process.spawn", { id: "p", command: "cat" });
  await winner.call("process.reattach", { id: "p" });
  await loser.call("process.stdin", { id: "p", data: btoa("hi\n") });
  assertEquals(outputOf(await winner.until(({ stream }) => stream === "stdout")), "hi\n");
  // Its lines come in order: the next one is the reply to this.
  const id = await loser.send("process.list", {});
  const { id: next, result } = JSON.parse((await loser.line())!);
  assertEquals(next, id);
  const [{ attached, lastSeq, startTime }] = result.processes;
  assertEquals([attached, lastSeq], [true, 1]);
  assert(Math.abs(Date.now() / 1000 - startTime) < 3_600 && startTime % 1 !== 0, `${startTime}`);
});

for (
  const [language, program, file] of [["python", "python3", "client.py"], ["sh", "sh", "client.sh"]] as const
) {
  Deno.test(`PROTOCOL.md has a client that works with ${program}`, async () => {
    await using daemon = await startDaemon();
    await using directory = await tempDir();
    const [source = ""] = await blocks(language);
    const path = `${directory.path}/${file}`;
    await Deno.writeTextFile(path, source);
    const args = [path, daemon.socket, "printf", "%s\\n", 'quo"ted \\ text', "two"];
    const child = new Deno.Command(program, { args, stdin: "null", stdout: "piped" }).spawn();
    const { code, stdout } = await soon("its end", child.output());
    assertEquals([code, new TextDecoder().decode(stdout)], [0, 'quo"ted \\ text\ntwo\n']);
  });
}

Deno.test("PROTOCOL.md has a Python client that loses no data when connections break", async () => {
  await using daemon = await startDaemon();
  await using directory = await tempDir();
  const { cuttingProxy } = await import("../helpers/cutting_proxy.ts");
  let next = 0;
  await using proxy = await cuttingProxy(daemon.socket, () => 60_000 + (next++ % 7) * 30_000);
  await Deno.symlink(`${daemon.directory}/daemon.token`, `${proxy.socket.replace(/[^/]*$/, "")}daemon.token`);
  const [source = ""] = await blocks("python");
  await Deno.writeTextFile(`${directory.path}/client.py`, source);
  const args = [`${directory.path}/client.py`, proxy.socket, "seq", "1", "100000"];
  const child = new Deno.Command("python3", { args, stdin: "null", stdout: "piped" }).spawn();
  const { code, stdout } = await soon("its end", child.output());
  const expected = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join("");
  assertEquals([code, new TextDecoder().decode(stdout) === expected], [0, true]);
  await waitFor("some cuts", () => proxy.cuts > 3);
});

Deno.test("lib/hub/API.md has the tables that the operations define", async () => {
  const { is, shouldBe } = await hubDocument();
  assertEquals(is, shouldBe, "bring it up to date with: deno task protocol");
});

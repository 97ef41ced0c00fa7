/**
 * Installs the real agent CLI from a file and from a URL, and runs a session with it: `deno task real-cli`. Downloads
 * about 80 MB.
 *
 * @module
 */

import { install, type InstallFacts } from "../../lib/install/mod.ts";
import { sha256 } from "../helpers/cli_blob.ts";
import { tempDir } from "../helpers/temp.ts";
import { driveAgent } from "./drive.ts";

const PACKAGE = `@anthropic-ai/claude-code-linux-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;

async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const options: Deno.CommandOptions = { args: [...args], stdin: "null", stderr: "inherit" };
  if (cwd !== undefined) options.cwd = cwd;
  const { success, stdout } = await new Deno.Command(program, options).output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout).trim();
}

async function report(how: string, work: () => Promise<InstallFacts>): Promise<void> {
  const start = performance.now();
  const facts = await work();
  console.log(`${how}: ${Math.round(performance.now() - start)} ms`, JSON.stringify(facts));
  if (facts.cliError !== undefined) throw new Error(facts.cliError);
  console.log(`  ${facts.cliPath} --version: ${await run(facts.cliPath, ["--version"])}`);
}

await using directory = await tempDir();
const at = directory.path;
const archive = await run("npm", ["pack", "--silent", PACKAGE], at);
await run("tar", ["-xzf", archive], at);
const files = (await run("find", [`${at}/package`, "-type", "f", "-size", "+20M"])).split("\n");
const program = files[0]!;
console.log(`${PACKAGE}: ${(await Deno.stat(program)).size} bytes`);
await run("zstd", ["-q", "-10", "-T0", program, "-o", `${at}/cli.zst`]);
await Deno.copyFile(`${at}/cli.zst`, `${at}/copy.zst`);
const blob = await Deno.readFile(`${at}/cli.zst`);
console.log(`compressed: ${blob.length} bytes`);

const cliDir = `${at}/cli`;
await report("-cli-zst", () => install({ cliDir, cliVersion: "zst", source: { zst: `${at}/copy.zst` } }));
await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
  return new Response((await Deno.open(`${at}/cli.zst`)).readable, { headers: { "content-length": `${blob.length}` } });
});
const source = { url: `http://127.0.0.1:${server.addr.port}/cli.zst`, sha256: await sha256(blob) };
await report("-cli-url", () => install({ cliDir, cliVersion: "url", source }));
await report("again", () => install({ cliDir, cliVersion: "url", source }));

const session = await install({ cliDir, cliVersion: "url", source });
await driveAgent(session.cliPath, (step) => console.log(`session: ${step}`));

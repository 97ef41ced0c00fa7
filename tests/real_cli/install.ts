import { install, type InstallFacts } from "../../lib/install/mod.ts";
import { sha256 } from "../helpers/cli_blob.ts";
import { tempDir } from "../helpers/temp.ts";

const PACKAGE = `@anthropic-ai/claude-code-linux-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;

/** The real agent CLI in a temporary directory. */
export interface InstalledCli extends AsyncDisposable {
  /** The path of the program. */
  readonly program: string;
}

async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const options: Deno.CommandOptions = { args: [...args], stdin: "null", stderr: "inherit" };
  if (cwd !== undefined) options.cwd = cwd;
  const { success, stdout } = await new Deno.Command(program, options).output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout).trim();
}

async function report(how: string, work: () => Promise<InstallFacts>): Promise<InstallFacts> {
  const start = performance.now();
  const facts = await work();
  console.log(`${how}: ${Math.round(performance.now() - start)} ms`, JSON.stringify(facts));
  if (facts.cliError !== undefined) throw new Error(facts.cliError);
  console.log(`  ${facts.cliPath} --version: ${await run(facts.cliPath, ["--version"])}`);
  return facts;
}

/** Downloads the newest version, and installs it from a file and from a URL. */
export async function installRealCli(): Promise<InstalledCli> {
  const directory = await tempDir();
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
  const headers = { "content-length": `${blob.length}` };
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    return new Response((await Deno.open(`${at}/cli.zst`)).readable, { headers });
  });
  const source = { url: `http://127.0.0.1:${server.addr.port}/cli.zst`, sha256: await sha256(blob) };
  await report("-cli-url", () => install({ cliDir, cliVersion: "url", source }));
  const { cliPath } = await report("again", () => install({ cliDir, cliVersion: "url", source }));
  return { program: cliPath, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

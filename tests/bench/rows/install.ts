import { type Row, timed } from "../harness.ts";
import { type Bench, oneLineScript, output } from "../bench.ts";

const CLI_BYTES = 250_000_000;

/** The compressed CLI that is installed repeatedly. */
interface Data {
  readonly root: string;
  readonly blob: string;
  readonly sum: string;
  readonly url: string;
}

/** Prints the peak memory of a command and its children, in kB. */
const PEAK = "import resource,subprocess,sys\nsubprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL)\n" +
  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/** Creates a CLI of the real one's size that prints its version at once, compressed like the real one. */
async function makeData(bench: Bench, stack: AsyncDisposableStack): Promise<Data> {
  const root = `${bench.directory}/install`;
  await Deno.mkdir(root);
  const runtime = (await output(["realpath", Deno.execPath()])).trim();
  const parts = Math.ceil(CLI_BYTES / (await Deno.stat(runtime)).size);
  const script = `{ printf '#!/bin/sh\\necho 1\\nexit 0\\n'; for i in $(seq ${parts}); do cat ${runtime}; done; } | ` +
    `head -c ${CLI_BYTES} >${root}/cli; chmod 755 ${root}/cli; zstd -q -19 -T0 ${root}/cli -o ${root}/blob; ` +
    `sha256sum <${root}/blob`;
  const sum = (await output(["sh", "-c", script])).slice(0, 64);
  const file = new URL("../yardsticks/file_server.cjs", import.meta.url).pathname;
  const server = new Deno.Command("node", { args: [file, `${root}/blob`], stdin: "null", stdout: "piped" }).spawn();
  const reader = server.stdout.getReader();
  const port = new TextDecoder().decode((await reader.read()).value).trim();
  stack.defer(async () => {
    server.kill();
    await reader.cancel();
    await server.status;
  });
  return { root, blob: `${root}/blob`, sum, url: `http://127.0.0.1:${port}/` };
}

/** Creates the rows of installing and starting. */
export function installRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  let made: Promise<Data> | undefined;
  const data = () => made ??= makeData(bench, stack);
  const remove = (path: string) => output(["rm", "-rf", path]);

  async function ours(command: (at: Data) => string[]): Promise<number> {
    const at = await data();
    await remove(`${at.root}/dir`);
    await output(["cp", "--reflink=never", at.blob, `${at.root}/mine.zst`]);
    return await timed(() => output(command(at)));
  }

  const install = (...args: string[]) => [...bench.claustrum, "-install", ...args];
  const place = ({ root }: Data) => ["-cli-dir", `${root}/dir`, "-cli-version", "1"];
  const fromFile = (at: Data) => install(...place(at), "-cli-zst", `${at.root}/mine.zst`, "-cli-checksum", at.sum);
  const fromUrl = (at: Data) => install(...place(at), "-cli-url", at.url, "-cli-checksum", at.sum);

  async function byHand(fetch: (at: Data) => string): Promise<number> {
    const at = await data();
    await remove(`${at.root}/hand`);
    await Deno.mkdir(`${at.root}/hand`);
    const script = `cd ${at.root}/hand && ${fetch(at)} && { openssl sha256 blob >/dev/null & ` +
      "zstd -dqf blob -o cli; wait; } && chmod 755 cli && ./cli --version";
    return await timed(() => output(["sh", "-c", script]));
  }

  const peak = async (command: readonly string[]) => Number(await output(["python3", "-c", PEAK, ...command])) / 1024;

  async function peakAboveBare(): Promise<number> {
    const at = await data();
    await remove(`${at.root}/dir`);
    const bare = await peak(await oneLineScript(bench));
    return await peak(fromUrl(at)) - bare;
  }

  async function presentAboveBare(): Promise<number> {
    const at = await data();
    const cli = `${at.root}/dir/1`;
    await output(["sh", "-c", `mkdir -p ${at.root}/dir && [ -e ${cli} ] || cp ${at.root}/cli ${cli}`]);
    const bare = await oneLineScript(bench);
    const other = await timed(async () => {
      await output(bare);
      await output([cli, "--version"]);
    });
    return await timed(() => output(install(...place(at)))) - other;
  }

  let bundled: Promise<string> | undefined;
  async function bundledVersion(): Promise<number> {
    const file = await (bundled ??= bundle(bench));
    return await timed(() => output([Deno.execPath(), "run", "--quiet", "-A", "--no-config", file, "version"]));
  }

  const bareStart = async () => {
    const command = await oneLineScript(bench);
    return await timed(() => output(command));
  };

  return [
    {
      name: "install: 250 MB CLI from a file",
      unit: "ms",
      limit: { kind: "atMost", value: 1.6, of: "ratio" },
      yardstick: { name: "zstd -d beside openssl", measure: () => byHand(({ blob }) => `cp ${blob} blob`) },
      measure: () => ours(fromFile),
    },
    {
      name: "install: the same by http",
      unit: "ms",
      limit: { kind: "atMost", value: 1.6, of: "ratio" },
      yardstick: { name: "curl, then zstd -d", measure: () => byHand(({ url }) => `curl -s -o blob ${url}`) },
      measure: () => ours(fromUrl),
    },
    {
      name: "install: peak memory above a bare start",
      unit: "MiB",
      limit: { kind: "atMost", value: 100, of: "value" },
      measure: peakAboveBare,
    },
    {
      name: "install: already present, above script and CLI",
      unit: "ms",
      limit: { kind: "atMost", value: 25, of: "value" },
      measure: presentAboveBare,
    },
    {
      name: "start: version, bundled",
      unit: "ms",
      limit: { kind: "atMost", value: 2.5, of: "ratio" },
      yardstick: { name: "a one-line script", measure: bareStart },
      measure: bundledVersion,
    },
  ];
}

/** Makes one file of the whole tool, and returns its path. */
export async function bundle(bench: Bench): Promise<string> {
  const { bundle } = await import("../../../.ci/bundle.ts");
  const file = `${bench.directory}/claustrum.js`;
  await bundle(file);
  return file;
}

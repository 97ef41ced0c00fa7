import { type Row, timed } from "../harness.ts";
import { residentBytes } from "../../helpers/resident.ts";
import { type Bench, output, requestLine, type Server, startOnce } from "../bench.ts";

/**
 * Creates four trees: 20,000 small files and 5 large ones, 200 MB each, of which a part is compressible; a directory
 * with 10,000 files; and the files of a repository.
 */
const MAKE_ARCHIVES = `import os,random,sys
root=sys.argv[1]
def write(path, noise, zeros):
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with open(path,"wb") as f:
    for _ in range(max(1, (noise+zeros)//(1<<20))):
      f.write(os.urandom(min(noise,1<<18))+bytes(min(zeros,3<<18)))
for i in range(20000): write(root+"/small/d%d/f%d"%(i%200,i), 2500, 7500)
for i in range(5): write(root+"/large/f%d"%i, 10<<20, 30<<20)
for i in range(10000):
  os.makedirs(root+"/list", exist_ok=True); open(root+"/list/f%d"%i,"w").close()
os.makedirs(root+"/repo", exist_ok=True)
for i in range(2000):
  os.makedirs(root+"/repo/d%d"%(i%50), exist_ok=True); open(root+"/repo/d%d/f%d"%(i%50,i),"w").write(str(i))`;

const SCAN = `import os,sys,time
start=time.perf_counter()
entries=sorted((e.name, e.is_dir()) for e in os.scandir(sys.argv[1]) if os.stat(e.path))
print((time.perf_counter()-start)*1000)`;

/** Creates the rows of files and repositories. */
export function fileRows(bench: Bench, stack: AsyncDisposableStack): Row[] {
  const daemon = startOnce(stack, () => bench.daemon(["--max-extract-bytes", "0"]));
  const data = startOnce(stack, async () => {
    const root = `${bench.directory}/data`;
    await Deno.mkdir(root);
    await output(["python3", "-c", MAKE_ARCHIVES, root]);
    for (const name of ["small", "large"]) {
      await output(["tar", "-C", `${root}/${name}`, "-czf", `${root}/${name}.tgz`, "."]);
    }
    await output(["git", "init", "-q", `${root}/repo`]);
    const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    await output(["git", "-C", `${root}/repo`, "add", "."]);
    await output(["git", "-C", `${root}/repo`, ...identity, "commit", "-q", "-m", "x"]);
    // The refs of a clone.
    await output(["git", "-C", `${root}/repo`, "remote", "add", "origin", "https://github.com/owner/name"]);
    await output(["git", "-C", `${root}/repo`, "update-ref", "refs/remotes/origin/main", "HEAD"]);
    await output(["git", "-C", `${root}/repo`, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    return { root, async [Symbol.asyncDispose]() {} };
  });

  async function gnuTar(name: string): Promise<number> {
    const { root } = await data();
    await Deno.mkdir(`${root}/tar`);
    const ms = await timed(() => output(["tar", "-C", `${root}/tar`, "-xzf", `${root}/${name}.tgz`]));
    await Deno.remove(`${root}/tar`, { recursive: true });
    return ms;
  }

  async function extract(name: string, server?: Server): Promise<number> {
    const { root } = await data();
    const { socket } = server ?? await daemon();
    const [archivePath, destDir] = [`${root}/copy.tgz`, `${root}/dest`];
    await Deno.copyFile(`${root}/${name}.tgz`, archivePath);
    const line = requestLine(7, "files.extract_tar", { archivePath, destDir });
    const { seconds } = await bench.client(socket, ["until", '"fileCount"', line]);
    await Deno.remove(destDir, { recursive: true });
    return seconds! * 1000;
  }

  async function pingWhileExtracting(): Promise<number> {
    const { socket } = await daemon();
    const extracting = extract("small");
    const { p99 } = await bench.client(socket, ["latency", "2000", requestLine(1, "server.ping"), "\n"]);
    await extracting;
    return p99! / 1000;
  }

  /** Returns how much the memory of the daemon grows at most while a gigabyte of zeros is extracted. */
  async function extractMemory(): Promise<number> {
    const { root } = await data();
    await using server = await bench.daemon(["--max-extract-bytes", "0"]);
    await bench.client(server.socket, ["latency", "100", requestLine(1, "server.ping"), "\n"]);
    const before = residentBytes(server.pid);
    await output([
      "sh",
      "-c",
      `truncate -s 1G ${root}/zeros && tar -C ${root} -czf ${root}/giga.tgz zeros && rm ${root}/zeros`,
    ]);
    let highest = before;
    const watch = setInterval(() => highest = Math.max(highest, residentBytes(server.pid)), 5);
    await extract("giga", server);
    clearInterval(watch);
    return (highest - before) / (1 << 20);
  }

  async function call(method: string, path: string): Promise<number> {
    const { socket } = await daemon();
    const { p50 } = await bench.client(socket, ["latency", "20", requestLine(1, method, { path }), "\n"]);
    return p50! / 1000;
  }

  async function gitCommands(commands: readonly (readonly string[])[]): Promise<number> {
    const { root } = await data();
    const script = commands.map((args) => `git -C ${root}/repo ${args.join(" ")}`).join("; ");
    const rounds = 20;
    return await timed(() => output(["sh", "-c", `for i in $(seq ${rounds}); do ${script}; done; true`])) / rounds;
  }

  return [
    {
      name: "extract 20,000 small files, 200 MB",
      unit: "ms",
      limit: { kind: "atMost", value: 1.5, of: "ratio" },
      yardstick: { name: "GNU tar xzf", measure: () => gnuTar("small") },
      measure: () => extract("small"),
    },
    {
      name: "extract 5 large files, 200 MB",
      unit: "ms",
      limit: { kind: "atMost", value: 0.8, of: "ratio" },
      yardstick: { name: "GNU tar xzf", measure: () => gnuTar("large") },
      measure: () => extract("large"),
    },
    {
      name: "ping p99 while extracting",
      unit: "ms",
      limit: { kind: "atMost", value: 20, of: "value" },
      measure: pingWhileExtracting,
    },
    {
      name: "memory above idle, extracting 1 GB",
      unit: "MiB",
      limit: { kind: "atMost", value: 64, of: "value" },
      measure: extractMemory,
    },
    {
      name: "git.status, 2,000 files",
      unit: "ms",
      limit: { kind: "atMost", value: 1.3, of: "ratio" },
      yardstick: {
        name: "git status, git rev-parse",
        measure: () => gitCommands([["rev-parse", "--git-dir"], ["status", "--porcelain"]]),
      },
      measure: async () => await call("git.status", `${(await data()).root}/repo`),
    },
    {
      name: "git.info",
      unit: "ms",
      limit: { kind: "atMost", value: 0.85, of: "ratio" },
      yardstick: {
        name: "its commands in turn",
        measure: () =>
          gitCommands([
            ["rev-parse", "--is-inside-work-tree", "--show-toplevel"],
            ["symbolic-ref", "--short", "HEAD"],
            ["symbolic-ref", "-q", "refs/remotes/origin/HEAD"],
            ["config", "--get", "remote.origin.url"],
          ]),
      },
      measure: async () => await call("git.info", `${(await data()).root}/repo`),
    },
    {
      name: "files.list of 10,000 entries",
      unit: "ms",
      limit: { kind: "atMost", value: 1.5, of: "ratio" },
      yardstick: {
        name: "os.scandir and stat",
        measure: async () => Number(await output(["python3", "-c", SCAN, `${(await data()).root}/list`])),
      },
      measure: async () => await call("files.list", `${(await data()).root}/list`),
    },
  ];
}

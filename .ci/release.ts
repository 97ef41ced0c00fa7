/**
 * Makes archives of a release, which are the same bytes whenever and wherever they are made from a commit.
 * `deno task release [--target T | --all] [--out DIR] [--verify]`; it needs GNU tar and gzip.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { writeChecksums } from "./checksums.ts";
import { billOfMaterials, licenseText, type Material, materials } from "./materials.ts";
import { pack, RUNTIME_VERSION } from "./pack.ts";
import { buildDirectory, stampFromGit } from "./stage.ts";
import { type Target, targetsOf } from "./targets.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** What all archives of a release share. */
interface Release {
  readonly version: string;
  /** When its commit was made, ISO 8601. */
  readonly time: string;
  readonly list: readonly Material[];
}

async function readRelease(): Promise<Release> {
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as { version: string };
  const stamp = await stampFromGit();
  if (stamp === undefined) throw new Error("A release is made from a commit: this is no git repository");
  return { version, time: stamp.time, list: await materials() };
}

/** Makes the archive of a target; returns its name. */
async function archive(target: Target, { version, time, list }: Release, out: string): Promise<string> {
  await using build = await buildDirectory();
  await pack(target, build.path);
  const directory = `${build.path}/claustrum-${target.name}`;
  await Deno.copyFile(`${ROOT}LICENSE`, `${directory}/LICENSE`);
  await Deno.writeTextFile(`${directory}/THIRD_PARTY_LICENSES.txt`, licenseText(list));
  const name = `claustrum-${version}-${target.name}.tar.gz`;
  const tar = [
    ...["--sort=name", `--mtime=${time}`, "--owner=0", "--group=0", "--numeric-owner", "--mode=go=rX,u+rw"],
    ...["--format=ustar", "--use-compress-program=gzip -n -9", "-C", build.path, "-cf", `${out}/${name}`],
    `claustrum-${target.name}`,
  ];
  const { success, stderr } = await new Deno.Command("tar", { args: tar, stdin: "null" }).output();
  if (!success) throw new Error(`tar: ${new TextDecoder().decode(stderr)}`);
  return name;
}

/** Makes a release; returns the names of its files. */
async function make(targets: readonly Target[], out: string): Promise<string[]> {
  await Deno.mkdir(out, { recursive: true });
  const release = await readRelease();
  const names: string[] = [];
  for (const target of targets) {
    names.push(await archive(target, release, out));
    console.log(`made ${out}/${names.at(-1)}`);
  }
  const bill = `claustrum-${release.version}.cdx.json`;
  await Deno.writeTextFile(`${out}/${bill}`, billOfMaterials(release.list, { ...release, runtime: RUNTIME_VERSION }));
  names.push(bill);
  await writeChecksums(out, names);
  return [...names, "SHA256SUMS"];
}

/** Makes the release once more, and compares. */
async function verify(targets: readonly Target[], out: string): Promise<boolean> {
  await using again = await buildDirectory();
  await make(targets, again.path);
  const [first, second] = await Promise.all(
    [out, again.path].map((directory) => Deno.readTextFile(`${directory}/SHA256SUMS`)),
  );
  if (first === second) return true;
  console.error(`The second build differs from the first:\n${first}\n${second}`);
  return false;
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["target", "out"], boolean: ["all", "verify"] }) as {
    target?: string;
    out?: string;
    all: boolean;
    verify: boolean;
  };
  const out = args.out ?? `${ROOT}dist/release`;
  const targets = targetsOf(args);
  await make(targets, out);
  if (args.verify) {
    if (!await verify(targets, out)) Deno.exit(1);
    console.log("a second build has the same bytes");
  }
}

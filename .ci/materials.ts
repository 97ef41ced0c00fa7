/**
 * What a release contains that others wrote: the packages whose code is in the bundle or in the page's assets, with their
 * licenses.
 *
 * @module
 */

import { buildDirectory, deno } from "./stage.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** What is bundled: the tool, and the scripts of the page. */
const ENTRIES = [
  { file: "mod.ts", platform: "deno" },
  { file: "lib/web/app.tsx", platform: "browser" },
  { file: "lib/web/worker/highlight_worker.ts", platform: "browser" },
  { file: "lib/web/terminal/terminal.ts", platform: "browser" },
  { file: "lib/web/worker/service_worker.ts", platform: "browser" },
];
/** Its icons are copied into the page when the assets are made. */
const COPIED = ["lucide-static"];
const LICENSE_FILE = /^(license|licence|copying|notice)(\.(md|txt))?$/i;

/** A package of which something is in a release. */
export interface Material {
  /** Its name in the npm registry. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its license, as an SPDX expression. */
  readonly license: string;
  /** Who holds the rights, as far as the package says. */
  readonly author?: string;
  /** The texts of its license and notices; empty when the package has none. */
  readonly texts: readonly string[];
  /** The SHA-512 of its archive, in hexadecimal. */
  readonly sha512?: string;
}

/** Returns the packages, by name. */
export async function materials(): Promise<Material[]> {
  const names = new Set(COPIED);
  await using build = await buildDirectory();
  for (const { file, platform } of ENTRIES) {
    const output = `${build.path}/bundle.js`;
    await deno(["bundle", "--quiet", "--platform", platform, "--sourcemap=external", "-o", output, file], ROOT);
    const { sources } = JSON.parse(await Deno.readTextFile(`${output}.map`)) as { sources: string[] };
    for (const source of sources) {
      const name = packageOf(source);
      if (name !== undefined) names.add(name);
    }
  }
  const installed = await installedPackages();
  const integrity = await lockedIntegrity();
  return await Promise.all([...names].sort().map((name) => readMaterial(name, installed, integrity)));
}

/** Returns the name of the package that a source file belongs to: it lies below `npm/HOST/`. */
export function packageOf(source: string): string | undefined {
  return /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
}

interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly localPath: string;
}

async function installedPackages(): Promise<Map<string, InstalledPackage>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "mod.ts"], cwd: ROOT })
    .output();
  const { npmPackages } = JSON.parse(new TextDecoder().decode(stdout)) as {
    npmPackages: Record<string, InstalledPackage>;
  };
  const found = new Map<string, InstalledPackage>();
  for (const one of Object.values(npmPackages)) found.set(one.name, one);
  return found;
}

/** Returns what the lock file says of packages, by `name@version`. */
async function lockedIntegrity(): Promise<Map<string, string>> {
  const { npm } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.lock`)) as {
    npm: Record<string, { integrity?: string }>;
  };
  return new Map(Object.entries(npm).map(([key, { integrity = "" }]) => [key.split("_")[0]!, integrity]));
}

async function readMaterial(
  name: string,
  installed: ReadonlyMap<string, InstalledPackage>,
  integrity: ReadonlyMap<string, string>,
): Promise<Material> {
  const found = installed.get(name);
  if (found === undefined) throw new Error(`${name} is in the bundle, but not among the installed packages`);
  const { version, localPath } = found;
  const { license, author } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`)) as {
    license?: string;
    author?: string | { name: string };
  };
  if (typeof license !== "string") throw new Error(`${name} ${version} does not say under which license it is`);
  const files = [...Deno.readDirSync(localPath)].map(({ name }) => name).filter((file) => LICENSE_FILE.test(file))
    .sort();
  const sha512 = /^sha512-(.+)$/.exec(integrity.get(`${name}@${version}`) ?? "")?.[1];
  return {
    name,
    version,
    license,
    ...(author === undefined ? {} : { author: typeof author === "string" ? author : author.name }),
    texts: await Promise.all(files.map((file) => Deno.readTextFile(`${localPath}/${file}`))),
    ...(sha512 === undefined ? {} : { sha512: Uint8Array.fromBase64(sha512).toHex() }),
  };
}

/** Returns the licenses of packages as one text. */
export function licenseText(list: readonly Material[]): string {
  const parts = list.map(({ name, version, license, author, texts }) => {
    const head = `${name} ${version} (${license})${author === undefined ? "" : `, ${author}`}`;
    const text = texts.map((one) => one.trim()).join("\n\n") || "The package has no file with the text of its license.";
    return `${head}\n${"-".repeat(72)}\n${text}\n`;
  });
  return `claustrum contains code of these packages.\n\n${parts.join("\n\n")}`;
}

/** Returns a bill of materials in the format of CycloneDX 1.5. */
export function billOfMaterials(
  list: readonly Material[],
  { version, runtime, time }: { readonly version: string; readonly runtime: string; readonly time: string },
): string {
  const components = list.map(({ name, version, license, sha512 }) => ({
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }],
    ...(sha512 === undefined ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
  }));
  const deno = {
    type: "platform",
    name: "deno",
    version: runtime,
    purl: `pkg:npm/deno@${runtime}`,
    licenses: [{ license: { id: "MIT" } }],
  };
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      timestamp: time,
      component: { type: "application", name: "claustrum", version, licenses: [{ license: { id: "Apache-2.0" } }] },
    },
    components: [deno, ...components],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

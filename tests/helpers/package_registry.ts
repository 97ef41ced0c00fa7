import denoJson from "../../deno.json" with { type: "json" };
import importMap from "../../lib/imports.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
/** Matches what a module imports by a name, in any form. */
const NAMED_IMPORT = /((?:^|\s)(?:from|import)\s*\(?\s*)"([^".][^"]*)"/g;

/** A registry that has this package alone, as JSR would. */
export interface PackageRegistry extends AsyncDisposable {
  /** Its address, for the variable `JSR_URL`. */
  readonly url: string;
}

/** Returns the files that are published, as paths below the root. Members of the workspace are none of them. */
async function publishedFiles(): Promise<string[]> {
  const files: string[] = [];
  const add = async (path: string): Promise<void> => {
    const address = new URL(path, ROOT);
    if (!(await Deno.stat(address)).isDirectory) return void files.push(path);
    const entries = await Array.fromAsync(Deno.readDir(address));
    if (entries.some(({ name }) => name === "deno.json")) return;
    for (const { name } of entries) await add(`${path}/${name}`);
  };
  for (const path of denoJson.publish.include) await add(path);
  return files;
}

/** Starts a registry with the package as it is here. */
export async function startPackageRegistry(): Promise<PackageRegistry> {
  const { name, version, exports } = denoJson;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const path of await publishedFiles()) files.set(`/${path}`, await publishedFile(path));
  const manifest = Object.fromEntries(
    await Promise.all([...files].map(async ([path, bytes]) => [path, await manifestEntry(bytes)] as const)),
  );
  const answers = new Map<string, string>([
    [`/${name}/meta.json`, JSON.stringify({ latest: version, versions: { [version]: {} } })],
    [`/${name}/${version}_meta.json`, JSON.stringify({ manifest, exports })],
  ]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
    const path = new URL(url).pathname;
    const body = answers.get(path) ?? files.get(path.replace(`/${name}/${version}`, ""));
    return body === undefined ? new Response(null, { status: 404 }) : new Response(body);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Returns a file as it is published: the names of packages are written out, since users have other configurations. */
async function publishedFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const address = new URL(path, ROOT);
  if (!path.endsWith(".ts")) return await Deno.readFile(address);
  const text = (await Deno.readTextFile(address)).replace(NAMED_IMPORT, (whole, start: string, specifier: string) => {
    const found = Object.entries(importMap.imports).find(([key]) =>
      key === specifier || (key.endsWith("/") && specifier.startsWith(key))
    );
    return found === undefined ? whole : `${start}"${found[1]}${specifier.slice(found[0].length)}"`;
  });
  return new TextEncoder().encode(text);
}

async function manifestEntry(bytes: Uint8Array<ArrayBuffer>): Promise<{ size: number; checksum: string }> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { size: bytes.length, checksum: `sha256-${digest.toHex()}` };
}

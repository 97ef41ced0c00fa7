/**
 * Makes what the page needs: the table of routes that its client uses, the icons, and the assets that the hub serves.
 * With `--check` it changes nothing, and fails if something is not up to date.
 *
 * @module
 */

import { OPERATIONS } from "../lib/hub/operations.ts";

const ROOT = new URL("../", import.meta.url);
const WEB = new URL("lib/web/", ROOT);
const ASSETS = new URL("lib/hub/http/assets_generated.ts", ROOT);
const ROUTES = new URL("api/routes_generated.ts", WEB);
const ICONS = new URL("view/icons_generated.ts", WEB);

/** The icons that the page uses, by their names in the set. */
const ICON_NAMES = [
  "arrow-down",
  "arrow-left",
  "arrow-up",
  "bell",
  "bot",
  "check",
  "chevron-down",
  "chevron-right",
  "circle-alert",
  "circle-check",
  "circle-question-mark",
  "circle-stop",
  "copy",
  "download",
  "ellipsis",
  "external-link",
  "file-plus",
  "file-text",
  "folder",
  "git-branch",
  "git-fork",
  "globe",
  "grip-vertical",
  "hand",
  "house",
  "image",
  "key-round",
  "link",
  "list-checks",
  "loader-circle",
  "log-out",
  "message-square",
  "monitor",
  "moon",
  "paperclip",
  "pause",
  "pencil",
  "play",
  "plus",
  "power",
  "printer",
  "qr-code",
  "rotate-ccw",
  "search",
  "send-horizontal",
  "server",
  "settings",
  "shield-alert",
  "shield-check",
  "smartphone",
  "square-terminal",
  "sun",
  "terminal",
  "trash",
  "triangle-alert",
  "unplug",
  "user-round",
  "wifi-off",
  "wrench",
  "x",
  "zap",
];

/** The entries of the bundler, and what their outputs are called and served as. */
const BUNDLES = [
  { entry: "app.tsx", name: "app.js", type: "text/javascript; charset=utf-8" },
  { entry: "worker/highlight_worker.ts", name: "highlight.js", type: "text/javascript; charset=utf-8" },
  { entry: "theme.ts", name: "theme.js", type: "text/javascript; charset=utf-8" },
  { entry: "terminal/terminal.ts", name: "terminal.js", type: "text/javascript; charset=utf-8" },
  { entry: "terminal/terminal.css", name: "terminal.css", type: "text/css; charset=utf-8" },
  { entry: "worker/service_worker.ts", name: "service_worker.js", type: "text/javascript; charset=utf-8" },
  { entry: "style/page.css", name: "page.css", type: "text/css; charset=utf-8" },
] as const;

/** The pictures, which are served as they are. */
const PICTURES = [
  { file: "icons/icon.svg", name: "icon.svg", type: "image/svg+xml" },
  { file: "icons/icon-192.png", name: "icon-192.png", type: "image/png" },
  { file: "icons/icon-512.png", name: "icon-512.png", type: "image/png" },
  { file: "icons/icon-maskable.png", name: "icon-maskable.png", type: "image/png" },
] as const;

/** The entries that are plain scripts, and no modules. */
const SCRIPTS: readonly string[] = ["theme.ts", "worker/highlight_worker.ts", "worker/service_worker.ts"];

const HEAD = "/** Made by `deno task web`. */\n\n";

/** Runs the runtime with arguments. */
async function run(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdout: "null" }).output();
  if (!success) throw new Error(`deno ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
}

function routes(): string {
  const rows = OPERATIONS.flatMap(({ name, http }) =>
    http === undefined ? [] : [[name, { method: http.method, path: http.path, parts: http.pathParams ?? {} }] as const]
  );
  return `${HEAD}/** Where each operation is found in HTTP. */
export const ROUTES: Readonly<
  Record<string, { readonly method: string; readonly path: string; readonly parts: Readonly<Record<string, string>> }>
> = ${JSON.stringify(Object.fromEntries(rows), null, 2)};
`;
}

/** A node of an icon: the name of an element and its attributes. */
type IconNode = readonly [string, Readonly<Record<string, string>>];

async function icons(): Promise<string> {
  const { default: all } = await import("lucide-static/icon-nodes.json", { with: { type: "json" } });
  const nodes = all as unknown as Readonly<Record<string, readonly IconNode[]>>;
  const picked = ICON_NAMES.map((name) => {
    const icon = nodes[name];
    if (icon === undefined) throw new Error(`there is no icon ${name}`);
    return [name, icon] as const;
  });
  return `${HEAD}/** The shapes of the icons. They are from Lucide, under the ISC license. */
export const ICONS = ${JSON.stringify(Object.fromEntries(picked))} as const;
`;
}

async function bundle(entry: string, output: string): Promise<void> {
  const isCss = entry.endsWith(".css");
  const format = isCss ? [] : ["--format", SCRIPTS.includes(entry) ? "iife" : "esm"];
  await run("bundle", "--quiet", "--minify", "--platform", "browser", ...format, "-o", output, `lib/web/${entry}`);
}

/** Returns the entry of a file in the table of assets. */
async function assetOf(name: string, type: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hash = new Uint8Array(digest).toHex().slice(0, 16);
  const isText = /^text\/|svg/.test(type);
  const content = isText ? new TextDecoder().decode(bytes) : bytes.toBase64();
  const fields = `type: ${JSON.stringify(type)},\n    hash: "${hash}",\n    ${isText ? "text" : "base64"}`;
  return `  ${JSON.stringify(name)}: {\n    ${fields}: ${JSON.stringify(content)},\n  },\n`;
}

async function assets(): Promise<string> {
  const directory = await Deno.makeTempDir();
  try {
    const made: string[] = [];
    for (const { entry, name, type } of BUNDLES) {
      await bundle(entry, `${directory}/${name}`);
      made.push(await assetOf(name, type, await Deno.readFile(`${directory}/${name}`)));
    }
    for (const { file, name, type } of PICTURES) {
      made.push(await assetOf(name, type, await Deno.readFile(new URL(file, WEB))));
    }
    return `${HEAD}/** A file that the page loads. */
export interface Asset {
  /** Its content type. */
  readonly type: string;
  /** The beginning of the SHA-256 of its content. */
  readonly hash: string;
  /** Its content, if it is text. */
  readonly text?: string;
  /** Its content in Base64, if it is not. */
  readonly base64?: string;
}

/** The files that the page loads, by name. */
export const ASSETS: Readonly<Record<string, Asset>> = {
${made.join("")}};
`;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Returns the formatted text of a file. */
async function formatted(text: string): Promise<string> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, text);
    await run("fmt", "--quiet", "--config", new URL("deno.json", ROOT).pathname, file);
    return await Deno.readTextFile(file);
  } finally {
    await Deno.remove(file);
  }
}

async function readIfThere(file: URL): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

const isCheck = Deno.args.includes("--check");
let isCurrent = true;
// The bundles contain what the first two make.
for (const [file, make] of [[ROUTES, routes], [ICONS, icons], [ASSETS, assets]] as const) {
  const text = await formatted(await make());
  if (text === await readIfThere(file)) continue;
  isCurrent = false;
  const name = file.pathname.slice(ROOT.pathname.length);
  if (!isCheck) await Deno.writeTextFile(file, text);
  console.log(`${name} ${isCheck ? "is not up to date: deno task web" : "was made"}`);
}
if (isCheck && !isCurrent) Deno.exit(1);
if (isCurrent) console.log("the page is up to date");

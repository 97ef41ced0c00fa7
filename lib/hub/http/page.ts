/**
 * The page that the hub serves: one document for all addresses of the page, and the files that it loads.
 *
 * @module
 */

import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { ASSETS } from "./assets_generated.ts";
import { type HeaderList, pageHeaders, terminalHeaders } from "./headers.ts";

/** How long browsers keep a file whose address contains its hash, in seconds. */
const ASSET_SECONDS = 365 * 24 * 60 * 60;

/** The files without which the page does not open; browsers keep them. */
const SHELL_FILES = ["app.js", "theme.js", "page.css", "icon.svg"] as const;

/** A file as it is sent. */
interface ReadyAsset {
  readonly type: string;
  readonly etag: string;
  readonly plain: string | Uint8Array<ArrayBuffer>;
  /** Compressed when the first browser asks; pictures are compressed already. */
  gzipped: Uint8Array<ArrayBuffer> | undefined;
}

/** The page and its files. */
export class Page {
  readonly #shell: string;
  readonly #terminal: string;
  readonly #assets: ReadonlyMap<string, ReadyAsset>;
  readonly #manifest: string;
  readonly #worker: string;

  /**
   * Prepares the page.
   *
   * @param basePath The path below which the hub is reached.
   * @param hasPassword Whether people sign in with a password. @default {false}
   */
  constructor(basePath: string, hasPassword = false) {
    this.#shell = shellOf(basePath, hasPassword);
    this.#terminal = terminalOf(basePath);
    this.#manifest = manifestOf(basePath);
    this.#worker = workerOf(basePath);
    this.#assets = new Map(
      Object.entries(ASSETS).map(([name, { type, hash, text, base64 = "" }]) => [
        name,
        { type, etag: `"${hash}"`, plain: text ?? Uint8Array.fromBase64(base64), gzipped: undefined },
      ]),
    );
  }

  /** Returns the document. */
  document(isSecure: boolean): Response {
    const headers: HeaderList = [["content-type", "text/html; charset=utf-8"], ["cache-control", "no-cache"]];
    return new Response(this.#shell, { headers: pageHeaders(isSecure, headers) });
  }

  /** Returns the document of a terminal, which the page frames. */
  terminal(isSecure: boolean): Response {
    const headers: HeaderList = [["content-type", "text/html; charset=utf-8"], ["cache-control", "no-cache"]];
    return new Response(this.#terminal, { headers: terminalHeaders(isSecure, headers) });
  }

  /** Returns what a phone or a desk needs to know to install the page. */
  manifest(isSecure: boolean): Response {
    const headers: HeaderList = [["content-type", "application/manifest+json"], ["cache-control", "no-cache"]];
    return new Response(this.#manifest, { headers: pageHeaders(isSecure, headers) });
  }

  /** Returns the service worker; browsers ask for it again and again, so that they notice a new page. */
  serviceWorker(isSecure: boolean): Response {
    const headers: HeaderList = [["content-type", ASSETS["service_worker.js"]!.type], ["cache-control", "no-cache"]];
    return new Response(this.#worker, { headers: pageHeaders(isSecure, headers) });
  }

  /** Returns a file; `undefined` if there is none of that name. */
  asset(name: string, request: Request, isSecure: boolean): Response | undefined {
    const asset = this.#assets.get(name);
    if (asset === undefined) return undefined;
    const headers: HeaderList = [
      ["content-type", asset.type],
      ["cache-control", `public, max-age=${ASSET_SECONDS}, immutable`],
      ["etag", asset.etag],
      ["vary", "accept-encoding"],
    ];
    if (request.headers.get("if-none-match") === asset.etag) {
      return new Response(null, { status: 304, headers: pageHeaders(isSecure, headers) });
    }
    const { plain } = asset;
    if (typeof plain !== "string" || !/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
      return new Response(plain, { headers: pageHeaders(isSecure, headers) });
    }
    asset.gzipped ??= new Uint8Array(gzipSync(plain));
    return new Response(asset.gzipped, { headers: pageHeaders(isSecure, [...headers, ["content-encoding", "gzip"]]) });
  }
}

/** Changes with the page. */
const VERSION = hash("sha256", SHELL_FILES.map((name) => ASSETS[name]!.hash).join()).slice(0, 16);

/** Returns the address of a file, which changes with its content. */
function fileOf(base: string, name: string): string {
  return `${base}/assets/${name}?v=${ASSETS[name]!.hash}`;
}

function addressOf(base: string, name: string): string {
  return escape(fileOf(base, name));
}

function manifestOf(base: string): string {
  const icon = (name: string, sizes: string, purpose: string) => ({
    src: fileOf(base, name),
    sizes,
    type: ASSETS[name]!.type,
    purpose,
  });
  return JSON.stringify({
    name: "claustrum",
    description: "The agents of this machine, and what they need of you",
    id: `${base}/`,
    start_url: `${base}/`,
    scope: `${base}/`,
    display: "standalone",
    background_color: "#121316",
    theme_color: "#121316",
    icons: [
      icon("icon.svg", "any", "any"),
      icon("icon-192.png", "192x192", "any"),
      icon("icon-512.png", "512x512", "any"),
      icon("icon-maskable.png", "512x512", "maskable"),
    ],
  });
}

function workerOf(base: string): string {
  const shell = { version: VERSION, base, files: SHELL_FILES.map((name) => fileOf(base, name)) };
  return `globalThis.SHELL=${JSON.stringify(shell)};\n${ASSETS["service_worker.js"]!.text}`;
}

function terminalOf(base: string): string {
  const at = (name: string) => addressOf(base, name);
  return `<!doctype html>
<html lang="en" data-base="${escape(base)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Terminal</title>
<link rel="stylesheet" href="${at("terminal.css")}">
<script src="${at("theme.js")}"></script>
<script type="module" src="${at("terminal.js")}"></script>
</head>
<body><main id="terminal"></main></body>
</html>
`;
}

function shellOf(base: string, hasPassword: boolean): string {
  const at = (name: string) => addressOf(base, name);
  const signIn = hasPassword ? ' data-sign-in="password"' : "";
  return `<!doctype html>
<html lang="en" data-base="${escape(base)}" data-version="${VERSION}" data-highlight="${at("highlight.js")}"${signIn}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>claustrum</title>
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f8f8f6">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#121316">
<link rel="icon" href="${at("icon.svg")}" type="image/svg+xml">
<link rel="apple-touch-icon" href="${at("icon-192.png")}">
<link rel="manifest" href="${escape(base)}/manifest.webmanifest" crossorigin="use-credentials">
<link rel="stylesheet" href="${at("page.css")}">
<script src="${at("theme.js")}"></script>
<script type="module" src="${at("app.js")}"></script>
</head>
<body><div id="app"></div><noscript>The page needs JavaScript.</noscript></body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/**
 * The page that the hub serves: one document for all addresses of the page, and the files that it loads.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { ASSETS } from "./assets_generated.ts";
import { type HeaderList, pageHeaders, terminalHeaders } from "./headers.ts";

/** How long browsers keep a file whose address contains its hash, in seconds. */
const ASSET_SECONDS = 365 * 24 * 60 * 60;

/** A file as it is sent. */
interface ReadyAsset {
  readonly type: string;
  readonly etag: string;
  readonly plain: string;
  /** Compressed when the first browser asks. */
  gzipped: Uint8Array<ArrayBuffer> | undefined;
}

/** The page and its files. */
export class Page {
  readonly #shell: string;
  readonly #terminal: string;
  readonly #assets: ReadonlyMap<string, ReadyAsset>;

  /** @param basePath The path below which the hub is reached. */
  constructor(basePath: string) {
    this.#shell = shellOf(basePath);
    this.#terminal = terminalOf(basePath);
    this.#assets = new Map(
      Object.entries(ASSETS).map(([name, { type, hash, text }]) => [
        name,
        { type, etag: `"${hash}"`, plain: text, gzipped: undefined },
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
    if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
      return new Response(asset.plain, { headers: pageHeaders(isSecure, headers) });
    }
    asset.gzipped ??= new Uint8Array(gzipSync(asset.plain));
    return new Response(asset.gzipped, { headers: pageHeaders(isSecure, [...headers, ["content-encoding", "gzip"]]) });
  }
}

/** Returns the address of a file, which changes with its content. */
function addressOf(base: string, name: string): string {
  return escape(`${base}/assets/${name}?v=${ASSETS[name]!.hash}`);
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

function shellOf(base: string): string {
  const at = (name: string) => addressOf(base, name);
  return `<!doctype html>
<html lang="en" data-base="${escape(base)}" data-highlight="${escape(at("highlight.js"))}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>claustrum</title>
<link rel="icon" href="data:,">
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

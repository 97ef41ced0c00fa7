import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Page } from "../../../lib/hub/http/page.ts";

const BASE = "/hub";
const page = new Page(BASE);

/** Returns a file as a browser gets it that takes no compression. */
function file(address: string): Response | undefined {
  const { pathname } = new URL(address, "http://localhost");
  return page.asset(pathname.replace(`${BASE}/assets/`, ""), new Request(`http://localhost${pathname}`), false);
}

Deno.test("the manifest leads to the page below the base path, and its icons are there", async () => {
  const response = page.manifest(false);
  const { start_url, scope, icons } = await response.json();
  assertEquals(response.headers.get("content-type"), "application/manifest+json");
  assertEquals([start_url, scope], ["/hub/", "/hub/"]);
  for (const { src, type } of icons) {
    const icon = file(src);
    assertEquals(icon?.headers.get("content-type"), type, src);
    await icon?.body?.cancel();
  }
});

Deno.test("a picture is sent byte for byte", async () => {
  const source = await Deno.readFile(new URL("../../../lib/web/icons/icon-192.png", import.meta.url));
  assertEquals(await file("/hub/assets/icon-192.png")?.bytes(), source);
});

Deno.test("the service worker knows the version of the document, and files that are there", async () => {
  const response = page.serviceWorker(false);
  assertEquals(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  assertEquals(response.headers.get("cache-control"), "no-cache");
  const [, json = ""] = /^globalThis\.SHELL=(.*);\n/.exec(await response.text()) ?? [];
  const { version, base, files } = JSON.parse(json);
  assertEquals(base, BASE);
  const html = await page.document(false).text();
  assertStringIncludes(html, `data-version="${version}"`);
  for (const address of files) {
    assertMatch(address, /^\/hub\/assets\//);
    assertStringIncludes(html, `"${address}"`);
    await file(address)?.body?.cancel();
  }
});

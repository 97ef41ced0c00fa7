import { assertEquals, assertMatch } from "@std/assert";
import { billOfMaterials, licenseText, type Material, packageOf } from "../../.ci/materials.ts";

const LIST: readonly Material[] = [
  {
    name: "@scope/one",
    version: "1.0.0",
    license: "MIT",
    author: "A. Person",
    texts: ["MIT License\n"],
    sha512: "00ff",
  },
  { name: "two", version: "2.0.0", license: "(MIT OR Apache-2.0)", texts: [] },
];

Deno.test("packageOf() returns the package that a source belongs to", () => {
  assertEquals(packageOf("../cache/npm/registry.example/hono/4.1.0/dist/hono.js"), "hono");
  assertEquals(packageOf("../cache/npm/registry.example/@xterm/headless/src/common/Color.ts"), "@xterm/headless");
  assertEquals(packageOf("home/claustrum/lib/system/errno.ts"), undefined);
});

Deno.test("billOfMaterials() lists each package once, with its license and checksum, and the runtime", () => {
  const bill = JSON.parse(billOfMaterials(LIST, { version: "0.2.0", runtime: "2.9.6", time: "2026-11-22T00:00:00Z" }));
  assertEquals([bill.bomFormat, bill.specVersion, bill.metadata.component.version], ["CycloneDX", "1.5", "0.2.0"]);
  assertEquals(bill.components.map(({ purl }: { purl: string }) => purl), [
    "pkg:npm/deno@2.9.6",
    "pkg:npm/%40scope/one@1.0.0",
    "pkg:npm/two@2.0.0",
  ]);
  assertEquals(bill.components[1].licenses, [{ license: { id: "MIT" } }]);
  assertEquals(bill.components[1].hashes, [{ alg: "SHA-512", content: "00ff" }]);
  assertEquals(bill.components[2].licenses, [{ expression: "(MIT OR Apache-2.0)" }]);
});

Deno.test("licenseText() names the license of each package, also of one without a text", () => {
  const text = licenseText(LIST);
  assertMatch(text, /^@scope\/one 1\.0\.0 \(MIT\), A\. Person\n-+\nMIT License$/m);
  assertMatch(text, /^two 2\.0\.0 \(\(MIT OR Apache-2\.0\)\)\n-+\nThe package has no file/m);
});

/**
 * Finds the words of code that are shown in colours.
 *
 * @module
 */

import { createLowlight } from "lowlight";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import type { CodePart } from "../text/code_parts.ts";

const lowlight = createLowlight({
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  makefile,
  markdown,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
});
lowlight.registerAlias({ bash: ["shell", "console"], javascript: ["mjs", "cjs"], typescript: ["mts", "cts"] });

/** With more parts than this, code takes too long to draw. */
const MAX_PARTS = 4_000;

/** Splits code into parts; `undefined` if the language is not known, or the code is too much for the highlighter. */
export function highlight(code: string, language: string): readonly CodePart[] | undefined {
  if (!lowlight.registered(language)) return undefined;
  const parts: CodePart[] = [];
  try {
    addParts(lowlight.highlight(language, code).children, "", parts);
  } catch (error) {
    // Code that is nested too deep.
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
  return parts.length > MAX_PARTS ? undefined : parts;
}

type Nodes = ReturnType<typeof lowlight.highlight>["children"];

/** Goes through the tree; what is inside of something else looks like the innermost. */
function addParts(nodes: Nodes, kind: string, parts: CodePart[]): void {
  for (const node of nodes) {
    const last = parts.at(-1);
    if (node.type === "text" && last?.kind === kind) parts[parts.length - 1] = { text: last.text + node.value, kind };
    else if (node.type === "text") parts.push({ text: node.value, kind });
    else if (node.type === "element") {
      addParts(node.children as Nodes, kindOf(node.properties["className"]) ?? kind, parts);
    }
  }
}

function kindOf(names: unknown): string | undefined {
  return Array.isArray(names) ? KINDS[String(names[0]).replace(/^hljs-/, "")] : undefined;
}

/** The few looks that the many names of the highlighter have. */
const KINDS: Readonly<Record<string, string>> = {
  addition: "added",
  attr: "name",
  attribute: "name",
  built_in: "type",
  bullet: "keyword",
  comment: "comment",
  deletion: "removed",
  doctag: "keyword",
  keyword: "keyword",
  literal: "number",
  meta: "comment",
  name: "keyword",
  number: "number",
  property: "name",
  quote: "comment",
  regexp: "string",
  section: "function",
  "selector-class": "function",
  "selector-id": "function",
  "selector-tag": "keyword",
  string: "string",
  subst: "",
  symbol: "number",
  tag: "keyword",
  "template-variable": "name",
  title: "function",
  type: "type",
  variable: "name",
};

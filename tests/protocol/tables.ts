/**
 * Generates the method tables of PROTOCOL.md from the definition of the protocol. Run as a program, it writes them and
 * lib/rpc/method_types.ts.
 *
 * @module
 */

import { METHODS, type MethodSpec, type ResultShape } from "../../lib/rpc/protocol.ts";
import { NEXT_METHODS } from "../../lib/rpc/protocol_next.ts";
import { METHOD_TYPES, methodTypes } from "./method_types.ts";

const FILE = new URL("../../lib/rpc/PROTOCOL.md", import.meta.url);
const BEGIN = "<!-- deno-fmt-ignore-start: made by deno task protocol -->\n";
const END = "<!-- deno-fmt-ignore-end -->\n";

/** Returns the present document, and the document with up-to-date tables. */
export async function protocolDocument(): Promise<{ readonly is: string; readonly shouldBe: string }> {
  const is = await Deno.readTextFile(FILE);
  const [start, end] = [is.indexOf(BEGIN), is.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${FILE.pathname} has no place for the tables`);
  return { is, shouldBe: `${is.slice(0, start)}${BEGIN}\n${tables()}\n${is.slice(end)}` };
}

function tables(): string {
  const rows = Object.entries(METHODS);
  const own = rows.filter(([, { extension }]) => extension === undefined);
  const more = rows.filter(([, { extension }]) => extension !== undefined);
  const next = Object.entries(NEXT_METHODS);
  return `${table(own)}\nBeyond the contract:\n\n${table(more)}\n` +
    `With \`contract = next\`, these are added or differ, and there is no \`server.version\`:\n\n${table(next)}`;
}

function table(rows: readonly (readonly [string, MethodSpec])[]): string {
  const cells = rows.map(([name, { about, params, result }]) => [
    code(name),
    about,
    params === undefined ? "ignored" : code(formatParams(params)),
    result === undefined ? "no reply" : code(formatShape(result)),
  ]);
  const all = [["method", "what it does", "params", "result"], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  const [heading, ...rest] = all.map(line);
  return [heading, line(widths.map((width) => "-".repeat(width))), ...rest].join("");
}

function code(text: string): string {
  return `\`${text}\``;
}

function formatParams(params: NonNullable<MethodSpec["params"]>): string {
  const fields = Object.entries(params).map(([name, kind]) =>
    `${name}${kind.endsWith("!") ? "" : "?"}: ${kind.replace(/[?!]$/, "")}`
  );
  return `{${fields.join(", ")}}`;
}

function formatShape(shape: ResultShape): string {
  const fields = Object.entries(shape).map(([name, kind]) => {
    if (typeof kind !== "string") return `${name}: [${formatShape(kind[0])}]`;
    return `${name}${kind.endsWith("?") ? "?" : ""}: ${kind.replace(/\?$/, "").replace("strings", "[string]")}`;
  });
  return `{${fields.join(", ")}}`;
}

if (import.meta.main) {
  const { is, shouldBe } = await protocolDocument();
  if (is !== shouldBe) await Deno.writeTextFile(FILE, shouldBe);
  const types = methodTypes();
  const areTypesNew = await Deno.readTextFile(METHOD_TYPES) !== types;
  if (areTypesNew) await Deno.writeTextFile(METHOD_TYPES, types);
  console.log(is === shouldBe ? "PROTOCOL.md is up to date" : "PROTOCOL.md was brought up to date");
  console.log(areTypesNew ? "method_types.ts was brought up to date" : "method_types.ts is up to date");
}

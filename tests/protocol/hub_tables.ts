/**
 * Generates the tables of lib/hub/API.md from the definition of the operations. Run as a program, it writes them.
 *
 * @module
 */

import { FAILURE_CODES } from "../../lib/hub/failure_codes.ts";
import { OPERATIONS } from "../../lib/hub/operations.ts";

const FILE = new URL("../../lib/hub/API.md", import.meta.url);
const BEGIN = "<!-- deno-fmt-ignore-start: made by deno task protocol -->\n";
const END = "<!-- deno-fmt-ignore-end -->\n";

/** Returns the present document, and the document with up-to-date tables. */
export async function hubDocument(): Promise<{ readonly is: string; readonly shouldBe: string }> {
  const is = await Deno.readTextFile(FILE);
  const [start, end] = [is.indexOf(BEGIN), is.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${FILE.pathname} has no place for the tables`);
  const tables = `${operationTable()}\nThe errors:\n\n${errorTable()}`;
  return { is, shouldBe: `${is.slice(0, start)}${BEGIN}\n${tables}\n${is.slice(end)}` };
}

function operationTable(): string {
  const rows = OPERATIONS.map(({ name, summary, params, isChange, http }) => [
    `\`${name}\``,
    http === undefined ? "" : `\`${http.method} ${http.path}\``,
    summary,
    `\`${describe(withoutHost(params))}\``,
    isChange ? "yes" : "no",
  ]);
  return table([["operation", "over HTTP", "what it does", "params", "changes"], ...rows]);
}

/** Nearly all operations take a host, which the document says once. */
function withoutHost(schema: unknown): SchemaNode {
  const { host: _, ...entries } = (schema as SchemaNode).entries ?? {};
  return { ...schema as SchemaNode, entries };
}

function errorTable(): string {
  const rows = Object.entries(FAILURE_CODES).map(([kind, { rpc, http }]) => [
    kind.replace("_", " "),
    `\`${rpc}\``,
    `${http}`,
  ]);
  return table([["failure", "code", "status"], ...rows]);
}

/** What is read of a schema. */
interface SchemaNode {
  readonly type: string;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly wrapped?: SchemaNode;
  readonly item?: SchemaNode;
  readonly options?: readonly (SchemaNode | string)[];
}

/** Describes a schema as a type. */
function describe(schema: unknown): string {
  const node = schema as SchemaNode;
  switch (node.type) {
    case "strict_object":
    case "loose_object":
    case "object": {
      const fields = Object.entries(node.entries ?? {}).map(([name, field]) =>
        `${name}${field.type.endsWith("optional") ? "?" : ""}: ${describe(field)}`
      );
      return node.type === "loose_object" ? `{${[...fields, "…"].join(", ")}}` : `{${fields.join(", ")}}`;
    }
    case "optional":
    case "exact_optional":
      return describe(node.wrapped);
    case "nullable":
      return `${describe(node.wrapped)} or null`;
    case "array":
      return `[${describe(node.item)}]`;
    case "picklist":
      return (node.options ?? []).map((option) => JSON.stringify(option)).join(" or ");
    case "union":
      return (node.options ?? []).map(describe).join(" or ");
    default:
      return node.type;
  }
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  const [heading = [], ...rest] = rows;
  return [line(heading), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("");
}

if (import.meta.main) {
  const { is, shouldBe } = await hubDocument();
  if (is !== shouldBe) await Deno.writeTextFile(FILE, shouldBe);
  console.log(`lib/hub/API.md ${is === shouldBe ? "is" : "was brought"} up to date`);
}

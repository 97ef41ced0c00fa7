/**
 * Generates lib/hub/API.md from the table of operations. Run as a program, it writes the file.
 *
 * @module
 */

import { FAILURE_CODES } from "../../lib/hub/failure_codes.ts";
import { OPERATIONS } from "../../lib/hub/operations.ts";

const FILE = new URL("../../lib/hub/API.md", import.meta.url);

const INTRODUCTION = `# The operations of the hub

The hub listens on \`hub.sock\` in its state directory. The wire is the daemon's: JSON-RPC 2.0, one message a line, with
the token of \`hub.token\` in \`auth\` of each request; lines have at most 8 MiB, and absent params count as \`{}\`. Unknown
params are refused. A session is named by its id, its name, or a unique prefix of either; \`session.remove\` takes no
prefix. Lists of events end at 4 MiB: go on with \`after\` until a page is empty. In lists and live events a payload over
256 KiB is \`{"truncated": BYTES}\`, and so is a prompt in a queue or the input of a permission; \`session.event\` returns
the payload, or that of the event with the prompt or the permission, whole. A result that does not fit into a line is
refused as too large; a payload of that size comes in parts, with \`offset\` and \`length\`.

\`session.follow {after?, sessions?}\` sends notifications from then on: \`session.snapshot\` first, then \`session.event\`
for every event after \`after\`, each once and in order, \`session.delta\` for pieces of answers in progress, which may be
dropped, \`session.changed\` and \`session.removed\`. A client that reads too slowly gets \`session.lagging\` and is
disconnected; it comes back with the id of its last event.

The types of the objects are in \`lib/sessions/types.ts\` and \`lib/hub/operation_types.ts\`.
`;

/** Returns the document as it should be. */
export function hubDocument(): string {
  return `${INTRODUCTION}
<!-- deno-fmt-ignore-start: made by deno task protocol -->

${operationTable()}
The errors:

${errorTable()}
<!-- deno-fmt-ignore-end -->
`;
}

/** Returns the document as it is. */
export async function presentHubDocument(): Promise<string> {
  try {
    return await Deno.readTextFile(FILE);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function operationTable(): string {
  const rows = OPERATIONS.map(({ name, summary, params, isChange }) => [
    `\`${name}\``,
    summary,
    `\`${describe(params)}\``,
    isChange ? "yes" : "no",
  ]);
  return table([["operation", "what it does", "params", "changes"], ...rows]);
}

function errorTable(): string {
  const rows = Object.entries(FAILURE_CODES).map(([kind, { rpc }]) => [kind.replace("_", " "), `\`${rpc}\``]);
  return table([["failure", "code"], ...rows]);
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
  const isUpToDate = await presentHubDocument() === hubDocument();
  if (!isUpToDate) await Deno.writeTextFile(FILE, hubDocument());
  console.log(`lib/hub/API.md ${isUpToDate ? "is" : "was brought"} up to date`);
}

import type { JSX } from "preact";
import type { ToolEntry } from "../../state/conversation_entry.ts";
import type { ToolRequest } from "../../state/tool_request.ts";
import { linesOfPatch } from "../../text/diff.ts";
import { toArray, toObject, toText } from "../../text/fields.ts";
import { Diff, DiffLines } from "../diff.tsx";
import { Icon } from "../icon.tsx";
import { Markdown } from "../markdown.tsx";
import { VisibleText } from "../visible_text.tsx";

/** The tools whose prompts and results are texts for people. */
export const AGENTS: ReadonlySet<string> = new Set(["Task", "Agent"]);

/** What a tool was given. */
export function ToolInput({ entry, request }: { entry: ToolEntry; request: ToolRequest }): JSX.Element | null {
  const { name, input, result } = entry;
  if (name === "TodoWrite") return <TodoList todos={toArray(toObject(input)["todos"]).map(toObject)} />;
  if (AGENTS.has(name)) return <Markdown text={toText(toObject(input)["prompt"])} />;
  switch (request.kind) {
    case "command":
      return (
        <pre
          class="tool-command"
          tabIndex={0}
          role="group"
          aria-label="Command"
        ><VisibleText text={request.command} /></pre>
      );
    case "edit":
      if (result?.patch !== undefined) {
        return <DiffLines lines={linesOfPatch(result.patch)} label={`Changes of ${request.path}`} isWhole />;
      }
      return (
        <>
          {request.replacements.map(({ before, after }, i) => (
            <Diff
              key={i}
              before={before}
              after={after}
              label={`Changes of ${request.path}`}
              isWhole={request.isWhole}
            />
          ))}
        </>
      );
    case "plan":
      return <Markdown text={request.plan} />;
    case "questions":
      return (
        <ul class="asked">
          {request.questions.map(({ question, options }, i) => (
            <li key={i}>
              <p>
                <VisibleText text={question} />
              </p>
              <p class="muted small">
                <VisibleText text={options.map(({ label }) => label).join(" · ")} />
              </p>
            </li>
          ))}
        </ul>
      );
    case "truncated":
      return <p class="entry-facts">The input is too large to be shown here.</p>;
    case "other":
      return <InputFields fields={request.fields} name={name} />;
  }
}

/** What the lines of tools say already. */
const SAID_IN_LINE: Readonly<Record<string, readonly string[]>> = {
  BashOutput: ["bash_id"],
  Glob: ["pattern", "path"],
  Grep: ["pattern", "path"],
  KillShell: ["shell_id"],
  Read: ["file_path", "offset", "limit"],
  WebSearch: ["query"],
};
/** JSON up to this length is written in a line. */
const SHORT_JSON = 80;

function InputFields(
  { fields, name }: { fields: readonly (readonly [string, unknown])[]; name: string },
): JSX.Element | null {
  const said = Object.hasOwn(SAID_IN_LINE, name) ? SAID_IN_LINE[name]! : [];
  const shown = fields.filter(([name]) => !said.includes(name));
  if (shown.length === 0) return null;
  return (
    <dl class="tool-fields">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>
            <VisibleText text={name} />
          </dt>
          <dd>
            <VisibleText text={typeof value === "string" ? value : jsonText(value)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function jsonText(value: unknown): string {
  const short = JSON.stringify(value) ?? "";
  return short.length <= SHORT_JSON ? short : JSON.stringify(value, undefined, 2);
}

function TodoList({ todos }: { todos: readonly Readonly<Record<string, unknown>>[] }): JSX.Element {
  return (
    <ul class="todos">
      {todos.map(({ content, status }, i) => (
        <li key={i} class={`todo ${STATES[toText(status)]?.kind ?? "open"}`}>
          <span class="todo-box" role="img" aria-label={STATES[toText(status)]?.name ?? "To do"}>
            {status === "completed" ? <Icon name="check" size={12} /> : null}
          </span>
          <span>
            <VisibleText text={toText(content)} />
          </span>
        </li>
      ))}
    </ul>
  );
}

const STATES: Readonly<Record<string, { readonly kind: string; readonly name: string } | undefined>> = {
  completed: { kind: "done", name: "Done" },
  in_progress: { kind: "now", name: "In progress" },
  pending: { kind: "open", name: "To do" },
};

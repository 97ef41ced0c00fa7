import type { JSX } from "preact";
import type { InputField, ToolRequest } from "../../state/tool_request.ts";
import { Diff } from "../diff.tsx";
import { visible } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";

/** What an agent wants to do: a command in full, an edit as a difference, anything else field by field. */
export function RequestView({ request }: { request: ToolRequest }): JSX.Element | null {
  switch (request.kind) {
    case "command":
      return <Command command={request.command} more={request.more} />;
    case "edit":
      return (
        <>
          <p class="permission-path mono">
            <VisibleText text={request.path} />
          </p>
          {request.replacements.map(({ before, after }, i) => (
            <Diff key={i} before={before} after={after} label={`Changes of ${request.path}`} />
          ))}
          <Fields fields={request.more} />
        </>
      );
    case "other":
      return <Fields fields={request.fields} />;
    default:
      return null;
  }
}

function Command({ command, more }: { command: string; more: readonly InputField[] }): JSX.Element {
  return (
    <>
      <pre class="permission-code" tabIndex={0} role="group" aria-label="Command"><VisibleText text={command} /></pre>
      {hasHidden(command)
        ? (
          <p class="permission-warning">
            The command contains characters that cannot be seen. They are shown as codes.
          </p>
        )
        : null}
      <Fields fields={more} />
    </>
  );
}

/** Whether a text contains what nobody would see. */
export function hasHidden(text: string): boolean {
  return visible(text) !== text;
}

function Fields({ fields }: { fields: readonly InputField[] }): JSX.Element | null {
  if (fields.length === 0) return null;
  return (
    <dl class="permission-fields">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>
            <VisibleText text={name} />
          </dt>
          <dd>
            <VisibleText text={typeof value === "string" ? value : JSON.stringify(value, undefined, 2)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

import type { JSX } from "preact";
import type { PendingPermission } from "../../../sessions/types.ts";
import type { InputField, ToolRequest } from "../../state/tool_request.ts";
import { useWorld } from "../../state/world.ts";
import { Diff } from "../diff.tsx";
import { pathWithin, visible } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";

/** What an agent wants to do: a command in full, an edit as a difference, anything else field by field. */
export function RequestView({ permission: { session }, request }: {
  permission: PendingPermission;
  request: ToolRequest;
}): JSX.Element | null {
  switch (request.kind) {
    case "command":
      return <Command command={request.command} more={request.more} />;
    case "edit":
      return <Edit request={request} session={session} />;
    case "other":
      return <Fields fields={request.fields} />;
    default:
      return null;
  }
}

/** A path within the session's directory is shown from there; any other one in full. */
function Edit({ request: { path, isWhole, replacements, more }, session }: {
  request: ToolRequest & { readonly kind: "edit" };
  session: string;
}): JSX.Element {
  const { hub } = useWorld();
  return (
    <>
      <p class="permission-path mono" title={path}>
        <VisibleText text={pathWithin(path, hub.sessions.value.get(session)?.path)} />
      </p>
      {replacements.map(({ before, after }, i) => (
        <Diff key={i} before={before} after={after} label={`Changes of ${path}`} isWhole={isWhole} />
      ))}
      <Fields fields={more} />
    </>
  );
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

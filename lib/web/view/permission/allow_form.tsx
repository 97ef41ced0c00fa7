import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PendingPermission, PermissionAnswer } from "../../../sessions/types.ts";
import type { ToolRequest } from "../../state/tool_request.ts";
import { Button, Field } from "../controls.tsx";
import { AnswerButtons } from "./answer_buttons.tsx";
import { hasHidden, RequestView } from "./request_view.tsx";

/** What an agent wants to do, and the buttons that allow it. A command can be changed before. */
export function AllowForm({ permission, request, isStill, onAnswer, onDeny }: {
  permission: PendingPermission;
  request: ToolRequest;
  isStill: boolean;
  onAnswer: (answer: PermissionAnswer) => Promise<void>;
  onDeny: () => void;
}): JSX.Element {
  const edited = useSignal<string | undefined>(undefined);
  const command = request.kind === "command" ? request.command : undefined;
  const isChanged = edited.value !== undefined && edited.value !== command;
  // A question has to be read before it can be answered.
  const isBlind = request.kind === "truncated" && permission.requires_user_interaction;
  const coversId = permission.covers === "" || isChanged ? undefined : `covers-${permission.id}`;
  const allow = () =>
    onAnswer({
      decision: "allow",
      ...(isChanged ? { updated_input: { ...permission.input as object, command: edited.value } } : {}),
    });
  return (
    <>
      {edited.value === undefined
        ? <RequestView permission={permission} request={request} />
        : <CommandField command={edited.value} onChange={(text) => edited.value = text} />}
      <AnswerButtons isStill={isStill}>
        <Button kind="primary" disabled={isBlind || edited.value?.trim() === ""} onClick={allow}>Allow</Button>
        {coversId === undefined
          ? null
          : (
            <Button describedBy={coversId} onClick={() => onAnswer({ decision: "allow_session" })}>
              Allow for this session
            </Button>
          )}
        <Button onClick={onDeny}>Deny</Button>
        {command === undefined || hasHidden(command) ? null : (
          <Button
            kind="quiet"
            icon={edited.value === undefined ? "pencil" : "rotate-ccw"}
            onClick={() => void (edited.value = edited.value === undefined ? command : undefined)}
          >
            {edited.value === undefined ? "Edit command" : "Undo the edit"}
          </Button>
        )}
      </AnswerButtons>
      {coversId === undefined
        ? null
        : <p id={coversId} class="permission-covers">“For this session” covers {permission.covers}.</p>}
    </>
  );
}

function CommandField({ command, onChange }: { command: string; onChange: (command: string) => void }): JSX.Element {
  return (
    <Field label="Command">
      <textarea
        class="mono"
        rows={Math.min(12, command.split("\n").length + 1)}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        value={command}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </Field>
  );
}

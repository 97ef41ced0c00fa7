import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { Session } from "../../../sessions/types.ts";
import { HubProblem } from "../../api/client.ts";
import { useWorld } from "../../state/world.ts";
import { Field } from "../controls.tsx";
import { baseName } from "../text.ts";
import { ConfirmDialog } from "./session_dialogs.tsx";

/** Asks before a session is removed, and whether its work tree goes with it; work is only lost if its name is typed. */
export function RemoveSession({ session, onClose }: { session: Session; onClose: () => void }): JSX.Element {
  const { api, router } = useWorld();
  const removesTree = useSignal(false);
  const hasWork = useSignal(false);
  const typed = useSignal("");
  const { worktree } = session;
  const name = worktree === undefined ? "" : baseName(worktree.path);
  const remove = async () => {
    const tree = removesTree.value ? { remove_worktree: true, ...(hasWork.value ? { confirm: typed.value } : {}) } : {};
    try {
      await api.call("session.remove", { session_name: session.id, ...tree });
    } catch (error) {
      if (error instanceof HubProblem && error.status === 403 && removesTree.value) hasWork.value = true;
      throw error;
    }
    router.go({ page: "home" });
  };
  return (
    <ConfirmDialog
      title={`Remove ${session.name}`}
      text="The hub forgets the session and its events. The agent's own transcript stays on the machine."
      action="Remove"
      onClose={onClose}
      onConfirm={remove}
      note={worktree === undefined ? null : (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={removesTree.value}
              onChange={({ currentTarget }) => removesTree.value = currentTarget.checked}
            />
            <span>
              Remove its work tree and the branch <code>{worktree.branch}</code>, too
            </span>
          </label>
          {hasWork.value && removesTree.value
            ? (
              <Field label={`Type ${name} to lose the work in it`}>
                <input
                  autocomplete="off"
                  value={typed.value}
                  onInput={({ currentTarget }) => typed.value = currentTarget.value}
                />
              </Field>
            )
            : null}
        </>
      )}
    />
  );
}

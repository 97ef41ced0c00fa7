import type { JSX } from "preact";
import { newSession } from "../state/dialogs.ts";
import { Dialog } from "./controls.tsx";
import { StartFormView } from "./start_form.tsx";

/** The dialog that starts a session, while it is open. */
export function NewSession(): JSX.Element | null {
  const open = newSession.value;
  if (open === undefined) return null;
  const close = () => void (newSession.value = undefined);
  return (
    <Dialog title="New session" onClose={close}>
      <StartFormView path={open.path} host={open.host} onDone={close} />
    </Dialog>
  );
}

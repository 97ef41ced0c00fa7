import type { JSX } from "preact";
import type { Instance } from "../../../remote/types.ts";
import { useWorld } from "../../state/world.ts";
import { Dialog } from "../controls.tsx";
import { CopyField } from "../settings/copy_field.tsx";
import { sentence } from "../text.ts";
import { useLoaded } from "../use_loaded.ts";

/** The link of an instance, for the camera of a phone. */
export function QrDialog({ instance, onClose }: { instance: Instance; onClose: () => void }): JSX.Element {
  const { api } = useWorld();
  const { value, problem } = useLoaded(() => api.call("instance.qr", { instance_id: instance.id }));
  return (
    <Dialog title={`Open ${instance.name} on a phone`} onClose={onClose}>
      {problem === undefined ? null : <p class="problem" role="alert">{sentence(problem)}</p>}
      {value === undefined ? problem === undefined ? <div class="skeleton qr" aria-hidden="true" /> : null : (
        <>
          <img
            class="qr"
            alt="QR code of the link"
            // As a picture it is drawn, and nothing in it can run.
            src={`data:image/svg+xml,${encodeURIComponent(value.svg)}`}
          />
          <p class="small">Who has this link can use the agent: show it to nobody else.</p>
          <CopyField label="Link" text={value.url} />
        </>
      )}
    </Dialog>
  );
}

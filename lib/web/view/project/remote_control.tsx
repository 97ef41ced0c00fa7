import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ProjectDetails } from "../../../projects/types.ts";
import type { Instance } from "../../../remote/types.ts";
import { filteredInstances } from "../../state/project_filter.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Dialog } from "../controls.tsx";
import { Shown } from "../settings/parts.tsx";
import type { Loaded } from "../use_loaded.ts";
import { InstanceCard } from "./instance_card.tsx";
import { StartInstance } from "./start_instance.tsx";
import { Section } from "./section.tsx";

/** Remote control of a project: what is started from claude.ai and the phone app runs here. */
export function RemoteControl({ project, loaded }: {
  project: ProjectDetails;
  loaded: Loaded<readonly Instance[]>;
}): JSX.Element {
  const { isViewer } = useWorld();
  const isOpen = useSignal(false);
  const close = () => void (isOpen.value = false);
  return (
    <Section
      id="remote"
      title="Remote control"
      count={loaded.value?.length}
      text="Lets claude.ai/code and the phone app start agents in this project."
      action={
        <Button kind="quiet" icon="plus" disabled={isViewer.value} onClick={() => void (isOpen.value = true)}>
          Start<span class="wide-word">remote control</span>
        </Button>
      }
    >
      <Shown loaded={loaded}>
        {(instances) =>
          instances.length === 0 ? <p class="card nothing">Nothing listens here.</p> : (
            <ul class="instances">
              {filteredInstances(instances, []).map((instance) => (
                <li key={instance.id}>
                  <InstanceCard instance={instance} project={project} />
                </li>
              ))}
            </ul>
          )}
      </Shown>
      {isOpen.value
        ? (
          <Dialog title={`Remote control of ${project.name}`} onClose={close}>
            <StartInstance project={project} onDone={close} />
          </Dialog>
        )
        : null}
    </Section>
  );
}

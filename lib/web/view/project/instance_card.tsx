import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ProjectDetails } from "../../../projects/types.ts";
import type { Instance } from "../../../remote/types.ts";
import { kindOf, stateOf } from "../../state/instance_text.ts";
import { BYPASS, shortMode } from "../../state/permission_modes.ts";
import { isLive } from "../../state/project_filter.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { ConfirmDialog } from "../session/session_dialogs.tsx";
import { counted, visible } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { InstanceLogView } from "./instance_log.tsx";
import { InstanceStatus } from "./instance_status.tsx";
import { ProcessUse } from "./process_use.tsx";
import { QrDialog } from "./qr_dialog.tsx";
import { BypassNotAllowed } from "./start_instance.tsx";

/** What is asked or shown above the page. */
type Question = "qr" | "forget" | "resume";

/** A remote-control instance: how it stands, how one gets there, and what can be done with it. */
export function InstanceCard({ instance, project }: { instance: Instance; project: ProjectDetails }): JSX.Element {
  const question = useSignal<Question | undefined>(undefined);
  const showsLog = useSignal(false);
  const { text } = stateOf(instance);
  return (
    <article class="card instance" aria-label={`Remote control ${instance.name}`}>
      <header class="instance-head">
        <h3 class="cut">{instance.name}</h3>
        <InstanceStatus instance={instance} />
      </header>
      <InstanceFacts instance={instance} />
      {text === undefined ? null : <p class="small instance-text">{text}</p>}
      {instance.error_detail === null ? null : <p class="problem instance-problem">{visible(instance.error_detail)}</p>}
      {isLive(instance) ? <ProcessUse kind="instance" id={instance.id} /> : null}
      <InstanceActions
        instance={instance}
        ask={(asked) => question.value = asked}
        showsLog={showsLog.value}
        onLog={() => showsLog.value = !showsLog.value}
      />
      {showsLog.value ? <InstanceLogView instance={instance} /> : null}
      <Asked
        instance={instance}
        project={project}
        question={question.value}
        onClose={() => question.value = undefined}
      />
    </article>
  );
}

function InstanceFacts({ instance }: { instance: Instance }): JSX.Element {
  const { permission_mode: mode, restarts, pid, url, session_url, started_at, ended_at } = instance;
  return (
    <p class="card-facts instance-facts">
      <span>{kindOf(instance)}</span>
      <span class={mode === BYPASS ? "bad" : undefined}>{shortMode(mode)}</span>
      {pid === null ? null : <span>process {pid}</span>}
      {url === null || url === session_url || !isLive(instance) ? null : (
        <span>
          <a href={url} target="_blank" rel="noreferrer">environment</a>
        </span>
      )}
      {restarts === 0 ? null : <span>restarted {counted(restarts, "time")}</span>}
      <span>
        {ended_at === undefined
          ? (
            <>
              since <TimeAgo at={started_at} />
            </>
          )
          : (
            <>
              ended <TimeAgo at={ended_at} />
            </>
          )}
      </span>
    </p>
  );
}

function InstanceActions({ instance, ask, showsLog, onLog }: {
  instance: Instance;
  ask: (question: Question) => void;
  showsLog: boolean;
  onLog: () => void;
}): JSX.Element {
  const { api, projects, isViewer } = useWorld();
  const { id, permission_mode, session_url, url } = instance;
  const link = isLive(instance) ? session_url ?? url : null;
  const reference = { instance_id: id };
  const stop = () => projects.changeInstance(api.call("instances.stop", reference));
  const resume = async () => {
    if (permission_mode === BYPASS) return ask("resume");
    await projects.changeInstance(api.call("instances.resume", reference));
  };
  return (
    <div class="buttons instance-buttons">
      {link === null ? null : <OpenLink href={link} />}
      {link === null ? null : <Button icon="qr-code" onClick={() => ask("qr")}>QR code</Button>}
      {isLive(instance)
        ? <Button icon="power" disabled={isViewer.value} onClick={stop}>Stop</Button>
        : <Button icon="play" disabled={isViewer.value} onClick={resume}>Resume</Button>}
      <button type="button" class="button quiet" aria-expanded={showsLog} onClick={onLog}>
        <Icon name="file-text" /> Log
      </button>
      {isLive(instance)
        ? null
        : <Button kind="quiet" icon="trash" disabled={isViewer.value} onClick={() => ask("forget")}>Forget</Button>}
    </div>
  );
}

function OpenLink({ href }: { href: string }): JSX.Element {
  return (
    <a class="button primary" href={href} target="_blank" rel="noreferrer">
      <Icon name="external-link" /> Open in claude.ai
    </a>
  );
}

function Asked({ instance, project, question, onClose }: {
  instance: Instance;
  project: ProjectDetails;
  question: Question | undefined;
  onClose: () => void;
}): JSX.Element | null {
  const { api, projects } = useWorld();
  const reference = { instance_id: instance.id };
  switch (question) {
    case undefined:
      return null;
    case "qr":
      return <QrDialog instance={instance} onClose={onClose} />;
    case "forget":
      return (
        <ConfirmDialog
          title={`Forget ${instance.name}`}
          text="The hub forgets the instance and its log. What its sessions have changed stays."
          action="Forget"
          onClose={onClose}
          onConfirm={async () => {
            await api.call("instances.forget", reference);
            projects.dropInstance(instance.id);
          }}
        />
      );
    case "resume":
      return (
        <ConfirmDialog
          title={`Resume ${instance.name} without permissions`}
          text={`Agents would run every command without asking anybody. Type ${project.name} to confirm.`}
          action="Resume"
          word={project.name}
          onClose={onClose}
          onConfirm={() =>
            projects.changeInstance(api.call("instances.resume", { ...reference, confirm: project.name }))}
          note={project.allow_bypass_permissions ? null : <BypassNotAllowed project={project.name} />}
        />
      );
  }
}

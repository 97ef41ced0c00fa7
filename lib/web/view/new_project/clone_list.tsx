import type { JSX } from "preact";
import type { CloneJob } from "../../../projects/types.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { bytesText, sentence } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { useLive } from "../use_live.ts";
import { VisibleText } from "../visible_text.tsx";

/** The clones that run, and those that ended lately. */
export function CloneList(): JSX.Element | null {
  const { projects } = useWorld();
  const { value: jobs = [], problem } = useLive(projects.clones);
  if (problem !== undefined) return <p class="problem" role="alert">{sentence(problem)}</p>;
  if (jobs.length === 0) return null;
  return (
    <section class="clones" aria-labelledby="clones">
      <h2 id="clones">Clones</h2>
      <ul>
        {jobs.map((job) => (
          <li key={job.id}>
            <CloneCard job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const STATES: Readonly<Record<CloneJob["status"], string>> = {
  running: "Cloning",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

function CloneCard({ job }: { job: CloneJob }): JSX.Element {
  const { name, url, status, started_at, ended_at } = job;
  return (
    <article class="card clone" aria-label={`Clone ${name}`}>
      <header class="card-head">
        <h3 class="cut">{name}</h3>
        <span class="status" data-status={status}>
          <span class="dot" aria-hidden="true" />
          {STATES[status]}
        </span>
      </header>
      <p class="muted small mono">
        <VisibleText text={url} />
      </p>
      {status === "running" ? <Progress job={job} /> : null}
      {status === "done" ? <Finished job={job} /> : null}
      {status === "failed" ? <p class="problem" role="alert">{sentence(job.error ?? "It failed.")}</p> : null}
      {status === "cancelled" ? <p class="small">Nothing is left of it.</p> : null}
      {status === "running" ? null : (
        <p class="muted small">
          <TimeAgo at={ended_at ?? started_at} />
        </p>
      )}
    </article>
  );
}

function Progress({ job }: { job: CloneJob }): JSX.Element {
  const { api, projects, isViewer } = useWorld();
  const { id, name, phase, percent, bytes } = job;
  const step = `${phase ?? "Connecting"}${percent === undefined ? "…" : ` ${Math.round(percent)} %`}`;
  const cancel = () => projects.changeClone(api.call("clone.cancel", { clone_id: id }));
  return (
    <div class="clone-progress">
      <div
        class={percent === undefined ? "progress unknown" : "progress"}
        role="progressbar"
        aria-label={`Progress of ${name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={`${phase ?? "Connecting"}${percent === undefined ? "" : `, ${Math.round(percent)} %`}`}
      >
        <span style={{ width: `${percent ?? 0}%` }} />
      </div>
      <p class="small">
        {step} <span class="muted">· {bytesText(bytes)} on the disk</span>
      </p>
      <Button icon="x" disabled={isViewer.value} onClick={cancel}>Cancel</Button>
    </div>
  );
}

/** Cloning runs nothing; the first session does, and that is said before it is started. */
function Finished({ job: { name, bytes } }: { job: CloneJob }): JSX.Element {
  return (
    <>
      <p class="small clone-warning">
        <Icon name="shield-alert" />
        <span>
          Nothing of it has run yet. Its code, such as hooks and settings in{" "}
          <code>.claude</code>, runs as soon as a session starts there: look at it before you trust it.
        </span>
      </p>
      <div class="buttons">
        <Link to={{ page: "project", project: name }} class="button primary">Open {name}</Link>
        <span class="muted small clone-size">{bytesText(bytes)}</span>
      </div>
    </>
  );
}

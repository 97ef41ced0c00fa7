import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import type { ProjectDetails } from "../../../projects/types.ts";
import { EMPTY_INSTANCE_FORM, type InstanceForm, instanceParams, obstacleOf } from "../../state/instance_form.ts";
import { INSTANCE_MODES, SPAWN_MODES } from "../../state/instance_text.ts";
import { BYPASS, PERMISSION_MODES } from "../../state/permission_modes.ts";
import { useWorld } from "../../state/world.ts";
import { ConfirmField, Field } from "../controls.tsx";
import { useSubmission } from "../session/session_dialogs.tsx";
import { sentence } from "../text.ts";
import { TrustQuestion } from "../trust_question.tsx";

/** The fields of a new instance. A project that nobody trusts yet is asked about first. */
export function StartInstance({ project, onDone }: { project: ProjectDetails; onDone: () => void }): JSX.Element {
  const { api, projects, toasts } = useWorld();
  const form = useSignal<InstanceForm>(EMPTY_INSTANCE_FORM);
  const trusting = useSubmission(
    async () => projects.put(await api.call("project.trust", { project_name: project.name })),
    () => {},
  );
  const starting = useSubmission(async () => {
    const starting = api.call("instances.start", instanceParams(form.value, project.name));
    await projects.changeInstance(starting);
    const { created } = await starting;
    if (!created) toasts.say("The project has a server already: this is it.");
  }, onDone);
  if (project.trust !== "trusted") {
    return (
      <>
        <TrustQuestion
          path={project.path}
          isBusy={trusting.isBusy}
          onTrust={() => trusting.submit(new Event("submit"))}
          onBack={onDone}
        />
        {trusting.problem === undefined ? null : <p class="problem" role="alert">{sentence(trusting.problem)}</p>}
      </>
    );
  }
  return (
    <form class="form" onSubmit={starting.submit}>
      <InstanceFields form={form} project={project} />
      <BypassGate form={form} project={project} />
      {starting.problem === undefined ? null : <p class="problem" role="alert">{sentence(starting.problem)}</p>}
      <div class="buttons end">
        <button type="button" class="button" onClick={onDone}>Cancel</button>
        <button
          type="submit"
          class="button primary"
          aria-busy={starting.isBusy || undefined}
          disabled={starting.isBusy || obstacleOf(form.value, project) !== undefined}
        >
          Start
        </button>
      </div>
    </form>
  );
}

function InstanceFields({ form, project }: { form: Signal<InstanceForm>; project: ProjectDetails }): JSX.Element {
  const { name, mode, spawnMode, permissionMode } = form.value;
  const set = (change: Partial<InstanceForm>) => form.value = { ...form.value, ...change };
  const spawnModes = SPAWN_MODES.filter(({ id }) => id !== "worktree" || project.is_git_repo);
  return (
    <>
      <Field label="Name" hint="What people see at the other end">
        <input
          maxLength={64}
          autocomplete="off"
          spellcheck={false}
          placeholder={project.name}
          value={name}
          onInput={({ currentTarget }) => set({ name: currentTarget.value })}
        />
      </Field>
      <Field
        label="Mode"
        hint={INSTANCE_MODES.find(({ id }) => id === mode)?.text ?? "What the configuration of the hub says."}
      >
        <select
          value={mode}
          onChange={({ currentTarget }) =>
            set({ mode: INSTANCE_MODES.find(({ id }) => id === currentTarget.value)?.id ?? "" })}
        >
          <option value="">As the hub is configured</option>
          {INSTANCE_MODES.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
        </select>
      </Field>
      {mode === "pty" ? null : (
        <Field label="Sessions" hint={SPAWN_MODES.find(({ id }) => id === spawnMode)?.text}>
          <select
            value={spawnMode}
            onChange={({ currentTarget }) =>
              set({ spawnMode: SPAWN_MODES.find(({ id }) => id === currentTarget.value)?.id ?? "same-dir" })}
          >
            {spawnModes.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
          </select>
        </Field>
      )}
      <Field label="Permission mode" hint={PERMISSION_MODES.find(({ id }) => id === permissionMode)?.text}>
        <select
          value={permissionMode}
          onChange={({ currentTarget }) => set({ permissionMode: currentTarget.value })}
        >
          {PERMISSION_MODES.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
        </select>
      </Field>
    </>
  );
}

/** Has the project's name typed before agents may do everything there, if the configuration allows that at all. */
function BypassGate({ form, project }: { form: Signal<InstanceForm>; project: ProjectDetails }): JSX.Element | null {
  const { permissionMode, confirm } = form.value;
  if (permissionMode !== BYPASS) return null;
  if (!project.allow_bypass_permissions) return <BypassNotAllowed project={project.name} />;
  return (
    <div class="warning-box">
      <p>Agents would run every command and change every file without asking anybody, whoever starts them from afar.</p>
      <ConfirmField
        name={project.name}
        value={confirm}
        onInput={(confirm) => form.value = { ...form.value, confirm }}
      />
    </div>
  );
}

/** Says what would have to be configured. */
export function BypassNotAllowed({ project }: { project: string }): JSX.Element {
  return (
    <div class="warning-box">
      <p>
        The configuration of the hub does not allow this for the project. This line in <code>hub.toml</code> would:
      </p>
      <p>
        <code>
          projects.{/^[\w-]+$/.test(project) ? project : JSON.stringify(project)}.allow_bypass_permissions = true
        </code>
      </p>
    </div>
  );
}

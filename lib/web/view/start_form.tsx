import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Project } from "../../projects/types.ts";
import { HubProblem } from "../api/client.ts";
import { isAgentMissing } from "../state/agent_missing.ts";
import { keepDraft, readDraft } from "../state/drafts.ts";
import { BYPASS } from "../state/permission_modes.ts";
import {
  EMPTY_FORM,
  needsConfirmation,
  offeredPaths,
  projectAt,
  recentPaths,
  type StartForm,
  startParams,
  untrustedPath,
} from "../state/start_form.ts";
import { useWorld } from "../state/world.ts";
import { ConfirmField, Field } from "./controls.tsx";
import { AgentHelp } from "./agent_help.tsx";
import { HostChoice } from "./hosts/host_choice.tsx";
import { useProjectsOf } from "./hosts/use_projects_of.ts";
import { MoreFields } from "./start_form_more.tsx";
import { baseName, sentence } from "./text.ts";
import { TrustQuestion } from "./trust_question.tsx";

/** What the draft of the first prompt is kept under. */
const DRAFT = "new session";

/** The fields of a new session. A directory that nobody trusts yet is asked about before the session starts. */
export function StartFormView({ path, host: first, onDone }: {
  path: string;
  /** The name of the host; empty for the hub itself. */
  host: string;
  onDone: () => void;
}): JSX.Element {
  const { api, hosts, hub, router, isViewer } = useWorld();
  const host = useSignal(first);
  const recentOn = (name: string) =>
    recentPaths([...hub.sessions.value.values()].filter((session) => (hosts.nameOf(session) ?? "") === name));
  const recent = useMemo(() => recentOn(host.value), [hub.sessions.value, host.value]);
  const known = useProjectsOf(host.value);
  const form = useSignal<StartForm>({ ...EMPTY_FORM, path: path || (recent[0] ?? ""), prompt: readDraft(DRAFT) });
  const project = projectAt(known, form.value.path);
  const problem = useSignal<string | undefined>(undefined);
  const untrusted = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const start = async (trusts: boolean) => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      // Without its field, no work tree is meant.
      const filledIn = project?.is_git_repo === true ? form.value : { ...form.value, worktree: "" };
      const on = host.value === "" ? {} : { host: host.value };
      const session = await api.call("session.start", { ...startParams(filledIn, trusts), ...on });
      keepDraft(DRAFT, "");
      hub.put(session);
      onDone();
      router.go({ page: "session", session: session.id });
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      const asked = error.status === 403 ? untrustedPath(error.message, host.value) : undefined;
      untrusted.value = asked;
      if (asked === undefined) problem.value = error.message;
    } finally {
      isBusy.value = false;
    }
  };
  const chooseHost = (name: string) => {
    host.value = name;
    // A directory of one machine means nothing on another.
    form.value = { ...form.value, path: recentOn(name)[0] ?? "", worktree: "" };
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!isBusy.value && !isViewer.value) void start(false);
  };
  if (untrusted.value !== undefined) {
    const back = () => void (untrusted.value = undefined);
    return (
      <TrustQuestion
        path={untrusted.value}
        host={host.value}
        isBusy={isBusy.value}
        onTrust={() => void start(true)}
        onBack={back}
      />
    );
  }
  return (
    <form class="form" onSubmit={submit}>
      <HostChoice host={host.value} onChange={chooseHost} />
      <MainFields form={form} paths={offeredPaths(recent, known)} project={project} submit={submit} />
      <MoreFields form={form} />
      {needsConfirmation(form.value) ? <Confirmation form={form} /> : null}
      <Problem text={problem.value} />
      {isViewer.value ? <p class="muted small">You are signed in to look only: you cannot start sessions.</p> : null}
      <div class="buttons end">
        <button type="button" class="button" onClick={onDone}>Cancel</button>
        <button
          type="submit"
          class="button primary"
          aria-busy={isBusy.value || undefined}
          disabled={isBusy.value || isViewer.value || form.value.path.trim() === ""}
        >
          Start
        </button>
      </div>
    </form>
  );
}

/** Why no session was started. */
function Problem({ text }: { text: string | undefined }): JSX.Element | null {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), [text]);
  if (text === undefined) return null;
  return (
    <div class="problem" role="alert" ref={box}>
      <p>{sentence(text)}</p>
      {isAgentMissing(text) ? <AgentHelp /> : null}
    </div>
  );
}

function MainFields({ form, paths, project, submit }: {
  form: Signal<StartForm>;
  paths: readonly string[];
  project: Project | undefined;
  submit: (event: Event) => void;
}): JSX.Element {
  const { path, name, prompt, worktree } = form.value;
  const set = (change: Partial<StartForm>) => form.value = { ...form.value, ...change };
  return (
    <>
      <Field label="Path">
        <input
          class="mono"
          required
          autofocus
          list="recent-paths"
          placeholder="/home/you/project"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={path}
          onInput={({ currentTarget }) => set({ path: currentTarget.value })}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
        <datalist id="recent-paths">
          {paths.map((each) => <option key={each} value={each} />)}
        </datalist>
      </Field>
      {project?.is_git_repo === true
        ? (
          <Field label="Work tree" hint="A branch: the agent works in a copy of its own on it (optional)">
            <input
              spellcheck={false}
              autocapitalize="off"
              autocomplete="off"
              value={worktree}
              onInput={({ currentTarget }) => set({ worktree: currentTarget.value })}
            />
          </Field>
        )
        : null}
      <Field label="Name">
        <input
          maxLength={64}
          placeholder={path.trim() === "" ? "As the directory" : baseName(path.trim())}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          value={name}
          onInput={({ currentTarget }) => set({ name: currentTarget.value })}
        />
      </Field>
      <Field label="Prompt">
        <textarea
          rows={4}
          placeholder="What the agent should do first (optional)"
          value={prompt}
          onInput={({ currentTarget }) => {
            set({ prompt: currentTarget.value });
            keepDraft(DRAFT, currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
          }}
        />
      </Field>
    </>
  );
}

/** Has the directory's name repeated before an agent may do everything there. */
function Confirmation({ form }: { form: Signal<StartForm> }): JSX.Element {
  const { mode, path, confirm } = form.value;
  const name = baseName(path.trim());
  return (
    <div class="warning-box">
      <p>
        {mode === BYPASS
          ? "The agent will run every command and change every file without asking anybody."
          : "Everything that the agent asks for will be allowed without asking anybody."}
      </p>
      <ConfirmField
        name={name === "" ? "the name of the directory" : name}
        value={confirm}
        onInput={(confirm) => form.value = { ...form.value, confirm }}
      />
    </div>
  );
}

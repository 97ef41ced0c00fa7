import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { nameOfUrl, nameProblem } from "../../state/new_project_form.ts";
import { useWorld } from "../../state/world.ts";
import { Field, Link } from "../controls.tsx";
import { HostChoice } from "../hosts/host_choice.tsx";
import { Icon } from "../icon.tsx";
import { useSubmission } from "../session/session_dialogs.tsx";
import { sentence } from "../text.ts";
import { useLive } from "../use_live.ts";
import { CloneList } from "./clone_list.tsx";

/** Makes a project: a new directory, or a clone of a repository. */
export function NewProjectPage(): JSX.Element {
  const { hosts, projects, router } = useWorld();
  const { host } = projects;
  const list = useLive(projects.list);
  const root = list.value?.root;
  const choose = (name: string) =>
    router.go({ page: "new-project", ...(name === "" ? {} : { host: name }) }, { replaces: true });
  return (
    <div class="page new-project">
      <header class="project-header">
        <Link to={{ page: "home", ...(host === undefined ? {} : { host }) }} class="back-link">
          <Icon name="arrow-left" /> {host ?? "Home"}
        </Link>
        <h1>New project</h1>
        {list.value === undefined ? null : root === undefined
          ? (
            <p class="problem" role="alert">
              No directory of projects is configured{host === undefined ? "" : ` on ${host}`}: set{" "}
              <code>projects.root</code> in its <code>hub.toml</code> first.
            </p>
          )
          : (
            <p class="muted small">
              It becomes a directory in <code>{root}</code>
              {host === undefined ? "" : ` on ${host}`}.
            </p>
          )}
      </header>
      {hosts.isUsed.value ? <HostChoice host={host ?? ""} onChange={choose} /> : null}
      <NewProjectForm />
      <CloneList />
    </div>
  );
}

/** With an address, the project is cloned; without one, it begins empty. */
function NewProjectForm(): JSX.Element {
  const { api, projects, router, isViewer } = useWorld();
  const url = useSignal("");
  const name = useSignal("");
  const isShallow = useSignal(false);
  const isGit = useSignal(true);
  const isClone = url.value.trim() !== "";
  const wanted = name.value.trim();
  const creating = useSubmission(async () => {
    if (isClone) {
      const params = { url: url.value.trim(), ...(wanted === "" ? {} : { name: wanted }), shallow: isShallow.value };
      await projects.changeClone(api.call("project.clone", params));
      return void (url.value = name.value = "");
    }
    const project = await api.call("project.create", { name: wanted, git_init: isGit.value });
    router.go({
      page: "project",
      project: project.name,
      ...(projects.host === undefined ? {} : { host: projects.host }),
    });
  }, () => {});
  const problem = nameProblem(wanted);
  const canGo = !isViewer.value && !creating.isBusy && problem === undefined && (isClone || wanted !== "");
  return (
    <form class="card form new-project-form" onSubmit={creating.submit}>
      <Field label="Repository URL" hint="Left empty, the project begins with an empty directory.">
        <input
          class="mono"
          type="text"
          inputMode="url"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="https://… or git@host:path"
          value={url.value}
          onInput={({ currentTarget }) => url.value = currentTarget.value}
        />
      </Field>
      <Field label="Name" hint={problem ?? "Letters, digits, dots, dashes and underscores"}>
        <input
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={problem === undefined ? undefined : true}
          required={!isClone}
          placeholder={isClone ? nameOfUrl(url.value) : ""}
          value={name.value}
          onInput={({ currentTarget }) => name.value = currentTarget.value}
        />
      </Field>
      {isClone
        ? <Check label="Only the newest commit, which is quicker" value={isShallow} />
        : <Check label="Make it a git repository" value={isGit} />}
      {creating.problem === undefined ? null : <p class="problem" role="alert">{sentence(creating.problem)}</p>}
      <div class="buttons end">
        <button type="submit" class="button primary" aria-busy={creating.isBusy || undefined} disabled={!canGo}>
          {isClone ? "Clone" : "Create"}
        </button>
      </div>
    </form>
  );
}

function Check({ label, value }: { label: string; value: { value: boolean } }): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={value.value}
        onChange={({ currentTarget }) => value.value = currentTarget.checked}
      />
      {label}
    </label>
  );
}

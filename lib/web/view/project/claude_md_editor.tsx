import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ClaudeMd, ProjectDetails } from "../../../projects/types.ts";
import { HubProblem } from "../../api/client.ts";
import {
  beginEdit,
  type ClaudeMdEdit,
  isChanged,
  keepMine,
  MAX_BYTES,
  readKept,
  sizeOf,
  takeFile,
  takeOther,
  takeSaved,
  toKept,
} from "../../state/claude_md_edit.ts";
import { keepDraft, readDraft } from "../../state/drafts.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { Icon } from "../icon.tsx";
import { bytesText, sentence } from "../text.ts";
import { ClaudeMdConflict } from "./claude_md_conflict.tsx";
import { Section } from "./section.tsx";
import { useProjectValue } from "./use_project_value.ts";

/** Edits the file `CLAUDE.md` of a project. What somebody else writes meanwhile is never lost, and neither is a draft. */
export function ClaudeMdEditor({ project }: { project: ProjectDetails }): JSX.Element {
  const { host } = useWorld().projects;
  const draft = `CLAUDE.md of ${host === undefined ? "" : `${host}:`}${project.path}`;
  const { value, problem, reload, live } = useProjectValue(
    project.name,
    (api) => api.call("project.claude_md.get", { project_name: project.name }),
  );
  const edit = useSignal<ClaudeMdEdit | undefined>(undefined);
  useEffect(() => {
    if (value === undefined) return;
    const before = edit.peek();
    edit.value = before === undefined ? beginEdit(value, readKept(readDraft(draft))) : takeFile(before, value);
  }, [value]);
  const set = (changed: ClaudeMdEdit) => {
    edit.value = changed;
    keepDraft(draft, toKept(changed));
  };
  const take = (saved: ClaudeMd) => {
    if (edit.peek() !== undefined) set(takeSaved(edit.peek()!, saved));
    live.put(saved);
  };
  return (
    <Section id="claude-md" title="CLAUDE.md" text="What every agent reads before it begins to work here.">
      {problem === undefined ? null : (
        <div class="problem project-problem" role="alert">
          <p>{sentence(problem)}</p>
          <Button onClick={reload}>Try again</Button>
        </div>
      )}
      {edit.value === undefined
        ? problem === undefined ? <div class="skeleton editor-skeleton" aria-hidden="true" /> : null
        : <Editor project={project} edit={edit.value} set={set} onSaved={take} />}
    </Section>
  );
}

function Editor({ project, edit, set, onSaved }: {
  project: ProjectDetails;
  edit: ClaudeMdEdit;
  set: (edit: ClaudeMdEdit) => void;
  onSaved: (saved: ClaudeMd) => void;
}): JSX.Element {
  const { isViewer } = useWorld();
  const problem = useSignal<string | undefined>(undefined);
  const save = useSave({ project, set, onSaved, problem });
  const isLocked = project.trust !== "trusted" || isViewer.value;
  const size = sizeOf(edit.text);
  const canSave = !isLocked && isChanged(edit) && edit.other === undefined && size <= MAX_BYTES;
  if (edit.other !== undefined) {
    return (
      <>
        <ClaudeMdConflict
          mine={edit.text}
          other={edit.other}
          onSaveMine={() => save(keepMine(edit))}
          onEditMine={() => set(keepMine(edit))}
          onTakeOther={() => set(takeOther(edit))}
        />
        <Problem text={problem.value} />
      </>
    );
  }
  return (
    <div class="editor">
      <textarea
        class="mono editor-text"
        aria-label="CLAUDE.md"
        spellcheck={false}
        rows={14}
        readOnly={isLocked}
        placeholder={isLocked ? "" : "How this project is built and tested, and what an agent should know about it"}
        value={edit.text}
        onInput={({ currentTarget }) => set({ ...edit, text: currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          if (canSave) void save(edit);
        }}
      />
      <Problem text={problem.value} />
      <div class="editor-foot">
        <EditorNote edit={edit} project={project} size={size} />
        {isChanged(edit)
          ? <Button kind="quiet" onClick={() => set({ ...edit, text: edit.base.content })}>Discard</Button>
          : null}
        <Button kind="primary" disabled={!canSave} onClick={() => save(edit)}>Save</Button>
      </div>
    </div>
  );
}

/** Returns what saves an edit. If somebody else was faster, both versions are shown. */
function useSave({ project, set, onSaved, problem }: {
  project: ProjectDetails;
  set: (edit: ClaudeMdEdit) => void;
  onSaved: (saved: ClaudeMd) => void;
  problem: Signal<string | undefined>;
}): (edit: ClaudeMdEdit) => Promise<void> {
  const { api, toasts } = useWorld();
  const project_name = project.name;
  return async ({ base, text }) => {
    problem.value = undefined;
    try {
      const saved = await api.call("project.claude_md.put", { project_name, content: text, base_sha256: base.sha256 });
      onSaved(saved);
      toasts.say("CLAUDE.md was saved.");
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      if (error.status !== 409) return void (problem.value = error.message);
      const other = await api.call("project.claude_md.get", { project_name });
      set(takeFile({ base, text }, other));
    }
  };
}

function Problem({ text }: { text: string | undefined }): JSX.Element | null {
  return text === undefined ? null : <p class="problem" role="alert">{sentence(text)}</p>;
}

/** How large the file is, and what has to be known about it. */
function EditorNote({ edit, project, size }: {
  edit: ClaudeMdEdit;
  project: ProjectDetails;
  size: number;
}): JSX.Element {
  if (size > MAX_BYTES) {
    return <p class="small bad editor-note">{bytesText(size)}: the file may have {bytesText(MAX_BYTES)}</p>;
  }
  if (project.trust !== "trusted") {
    return <p class="small editor-note">It can be changed as soon as the project is trusted.</p>;
  }
  if (isChanged(edit)) return <p class="small editor-note">Not saved yet. The draft stays in this browser.</p>;
  if (edit.base.restart_hint) {
    return (
      <p class="small editor-note restart-hint">
        <Icon name="rotate-ccw" size={14} /> Agents that run here know this version only after a restart.
      </p>
    );
  }
  return (
    <p class="small muted editor-note">
      {edit.base.exists ? bytesText(edit.base.size) : "There is no such file yet: saving makes it."}
    </p>
  );
}

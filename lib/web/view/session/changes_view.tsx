import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ChangedFile, SessionDiff } from "../../../projects/types.ts";
import type { Session } from "../../../sessions/types.ts";
import { linesOfDiff } from "../../text/unified_diff.ts";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { DiffLines } from "../diff.tsx";
import { Shown } from "../settings/parts.tsx";
import { counted } from "../text.ts";
import { useLoaded } from "../use_loaded.ts";
import { VisibleText } from "../visible_text.tsx";

/** So many files are unfolded at first. */
const UNFOLDED = 3;
/** So many files are drawn before somebody asks for more. */
const STEP = 50;

/** What differs from where a session started, file by file. It is read again after each turn. */
export function ChangesView({ session }: { session: Session }): JSX.Element {
  const { api, hub } = useWorld();
  const loaded = useLoaded(() => api.call("session.changes", { session_name: session.id }));
  useEffect(() =>
    hub.listen(session.id, {
      onEvent: ({ type }) => {
        if (type === "result") void loaded.reload();
      },
      onDelta: () => {},
      onPartial: () => {},
    }), [session.id]);
  return (
    <section class="changes" aria-label="Changes">
      <div class="changes-box">
        <Shown loaded={loaded}>
          {(diff) => <Changes diff={diff} onReload={loaded.reload} />}
        </Shown>
      </div>
    </section>
  );
}

function Changes({ diff, onReload }: { diff: SessionDiff; onReload: () => Promise<void> }): JSX.Element {
  const count = useSignal(STEP);
  const { base, files, total_files, truncated } = diff;
  const sum = (side: "added" | "removed") => files.reduce((total, file) => total + (file[side] ?? 0), 0);
  return (
    <>
      <header class="changes-head">
        <p>
          <strong>{total_files === 0 ? "No changes" : counted(total_files, "changed file")}</strong>{" "}
          {files.length === 0 ? null : <Counts added={sum("added")} removed={sum("removed")} />}
          <span class="muted small changes-base">
            {base === null ? "since the session started" : (
              <>
                since <code>{base.slice(0, 8)}</code>
              </>
            )}
          </span>
        </p>
        <Button kind="quiet" icon="rotate-ccw" label="Read the changes again" onClick={onReload} />
      </header>
      {truncated
        ? (
          <p class="small muted">
            There are too many changes to show all of them{files.length < total_files
              ? `: ${files.length} of ${total_files} files are here`
              : ": some files have no diff here"}.
          </p>
        )
        : null}
      {total_files === 0
        ? (
          <p class="muted changes-none">
            {base === null
              ? "The session started outside of a git repository, or before its first commit."
              : "The files are as they were when the session started."}
          </p>
        )
        : null}
      <ul class="changed-files">
        {files.slice(0, count.value).map((file, i) => (
          <li key={file.path}>
            <FileView file={file} isOpenAtFirst={i < UNFOLDED && file.diff !== undefined} />
          </li>
        ))}
      </ul>
      {files.length <= count.value ? null : (
        <Button kind="quiet" onClick={() => void (count.value += STEP)}>
          Show {Math.min(STEP, files.length - count.value)} more
        </Button>
      )}
    </>
  );
}

const WORDS: Readonly<Record<ChangedFile["change"], string>> = {
  added: "Added",
  modified: "Modified",
  deleted: "Deleted",
  renamed: "Renamed",
  untracked: "New",
};

function FileView({ file, isOpenAtFirst }: { file: ChangedFile; isOpenAtFirst: boolean }): JSX.Element {
  const { path, former_path, change, added, removed, diff } = file;
  const isOpen = useSignal(isOpenAtFirst);
  return (
    <details
      class="card changed-file"
      open={isOpen.value}
      onToggle={({ currentTarget }) => isOpen.value = currentTarget.open}
    >
      <summary>
        <span class={`chip change-${change}`}>{WORDS[change]}</span>
        <span class="changed-path mono">
          {former_path === undefined ? null : (
            <>
              <VisibleText text={former_path} /> →{" "}
            </>
          )}
          <VisibleText text={path} />
        </span>
        {added === null && removed === null
          ? <span class="muted small">binary</span>
          : <Counts added={added ?? 0} removed={removed ?? 0} />}
      </summary>
      {isOpen.value ? <FileDiff path={path} diff={diff} isBinary={added === null} /> : null}
    </details>
  );
}

function FileDiff({ path, diff, isBinary }: {
  path: string;
  diff: string | undefined;
  isBinary: boolean;
}): JSX.Element {
  const lines = useMemo(() => linesOfDiff(diff ?? ""), [diff]);
  if (lines.length > 0) return <DiffLines lines={lines} label={`Changes of ${path}`} isWhole />;
  return (
    <p class="muted small changed-nothing">
      {isBinary
        ? "A binary file: there is nothing to show."
        : diff === undefined
        ? "The change is too large to be shown here."
        : "The file has no lines, or only its name or mode differs."}
    </p>
  );
}

function Counts({ added, removed }: { added: number; removed: number }): JSX.Element {
  return (
    <span class="change-counts" aria-label={`${added} added, ${removed} removed`} role="img">
      <span class="change-added">+{added}</span> <span class="change-removed">−{removed}</span>
    </span>
  );
}

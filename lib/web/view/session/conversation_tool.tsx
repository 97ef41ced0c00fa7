import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { LooseResultEntry, ToolEntry } from "../../state/conversation_entry.ts";
import { permissionText } from "../../state/hub_event_reader.ts";
import { type ToolRequest, toolRequestOf } from "../../state/tool_request.ts";
import { changeOf, numberedLines } from "../../text/diff.ts";
import { toolSummary } from "../../text/tool_summary.ts";
import { DiffLines } from "../diff.tsx";
import { Icon, type IconName } from "../icon.tsx";
import { Markdown } from "../markdown.tsx";
import { duration } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";
import { EntryActions } from "./conversation_actions.tsx";
import { Fold } from "./conversation_fold.tsx";
import { AGENTS, ToolInput } from "./conversation_tool_input.tsx";
import { ResultContent, resultText } from "./conversation_output.tsx";
import { useConversationView } from "./conversation_view.ts";

const ICONS: Readonly<Record<string, IconName>> = {
  Agent: "bot",
  AskUserQuestion: "circle-question-mark",
  Bash: "terminal",
  BashOutput: "terminal",
  Edit: "pencil",
  ExitPlanMode: "list-checks",
  Glob: "search",
  Grep: "search",
  KillShell: "terminal",
  MultiEdit: "pencil",
  NotebookEdit: "pencil",
  Read: "file-text",
  Task: "bot",
  TodoWrite: "list-checks",
  WebFetch: "globe",
  WebSearch: "globe",
  Write: "file-plus",
};
/** After so long a call of a tool is worth telling how long it took, in milliseconds. */
const LONG_MS = 2_000;

/** A call of a tool: a line that unfolds to what the tool was given and what it returned. */
export function ToolBody({ entry }: { entry: ToolEntry }): JSX.Element {
  const { session } = useConversationView();
  const { key, name, input } = entry;
  const request = toolRequestOf({ tool_name: name, input });
  const summary = (
    <>
      <Icon name={Object.hasOwn(ICONS, name) ? ICONS[name]! : "wrench"} />
      <span class="tool-name">
        <VisibleText text={displayName(name)} />
      </span>
      <span class="tool-what">
        <VisibleText text={toolSummary(name, input, session.value.path)} />
      </span>
      <ChangeCount entry={entry} request={request} />
      <ToolState entry={entry} />
    </>
  );
  return (
    <Fold
      id={key}
      class="tool-fold"
      summary={summary}
      isOpenAtFirst={request.kind === "plan" && entry.result !== undefined}
    >
      {() => (
        <>
          <PermissionLine entry={entry} />
          <ToolInput entry={entry} request={request} />
          <ToolResultView entry={entry} request={request} />
          <EntryActions />
        </>
      )}
    </Fold>
  );
}

/** What tools are called that people know by what they are for. */
const NAMES: Readonly<Record<string, string>> = {
  AskUserQuestion: "Question",
  ExitPlanMode: "Plan",
  Task: "Agent",
  TodoWrite: "Tasks",
};

function displayName(name: string): string {
  if (Object.hasOwn(NAMES, name)) return NAMES[name]!;
  // A tool of a server has a long name.
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server === undefined ? name : `${server}: ${tool}`;
}

/** How many lines an edit adds and removes. */
function ChangeCount({ entry, request }: { entry: ToolEntry; request: ToolRequest }): JSX.Element | null {
  const change = useMemo(() => request.kind === "edit" ? changeOf(request.replacements) : undefined, [entry.input]);
  if (change === undefined || entry.result?.isError === true) return null;
  const { added, removed } = change;
  return (
    <span class="change-count">
      {added > 0 ? <ins>+{added}</ins> : null}
      {removed > 0 ? <del>−{removed}</del> : null}
    </span>
  );
}

function ToolState({ entry }: { entry: ToolEntry }): JSX.Element | null {
  const { feed, session } = useConversationView();
  const { result, permission, event, at } = entry;
  if (permission?.state === "denied") return <span class="tool-state bad">denied</span>;
  if (result?.isError === true) return <span class="tool-state bad">failed</span>;
  if (result !== undefined) {
    const ms = Date.parse(result.at) - Date.parse(at);
    return ms >= LONG_MS ? <span class="tool-state">{duration(ms)}</span> : null;
  }
  if (event <= feed.conversation.turnEnd.value) return <span class="tool-state">no result</span>;
  if (permission?.state === "asked") return <span class="tool-state warn">waits for an answer</span>;
  const { status } = session.value;
  if (status !== "active" && status !== "waiting_permission") return null;
  return (
    <span class="tool-state running">
      <Icon name="loader-circle" size={14} />
      <span class="hidden-text">running</span>
    </span>
  );
}

function PermissionLine({ entry: { permission } }: { entry: ToolEntry }): JSX.Element | null {
  if (permission === undefined || permission.state === "asked") return null;
  const text = permissionText(permission);
  return (
    <p class="entry-facts">
      {text.slice(0, 1).toUpperCase() + text.slice(1)}
      {permission.message === undefined ? null : (
        <>
          : <VisibleText text={permission.message} />
        </>
      )}
    </p>
  );
}

function ToolResultView({ entry, request }: { entry: ToolEntry; request: ToolRequest }): ComponentChildren {
  const { name, result } = entry;
  if (result === undefined) return null;
  if (result.isError) {
    return (
      <div class="tool-failure">
        <ResultContent content={result.content} label="Error" />
      </div>
    );
  }
  // What was done is shown already.
  if (request.kind === "edit" || request.kind === "plan" || name === "TodoWrite") return null;
  if (AGENTS.has(name)) {
    return (
      <div class="agent-result">
        <Markdown text={resultText(result.content)} />
      </div>
    );
  }
  if (name === "Read" && typeof result.content === "string") return <FileView text={result.content} />;
  return <ResultContent content={result.content} label="Output" />;
}

/** A file that was read. */
function FileView({ text }: { text: string }): JSX.Element {
  const { lines, rest } = useMemo(() => numberedLines(text), [text]);
  return (
    <>
      {lines.length === 0 ? null : <DiffLines lines={lines} label="File" isWhole />}
      {rest.trim() === "" ? null : <ResultContent content={rest} label="Output" />}
    </>
  );
}

/** The result of a call that is not loaded. */
export function LooseResultBody({ entry: { key, result } }: { entry: LooseResultEntry }): JSX.Element {
  const summary = (
    <>
      <Icon name="wrench" />
      <span class="tool-name">Result</span>
      <span class="tool-what">of a call further up</span>
      {result.isError ? <span class="tool-state bad">failed</span> : null}
    </>
  );
  return (
    <Fold id={key} class="tool-fold" summary={summary}>
      {() => <ResultContent content={result.content} label="Output" />}
    </Fold>
  );
}

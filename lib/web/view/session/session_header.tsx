import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { PermissionPolicy, Session } from "../../../sessions/types.ts";
import { isAgentMissing } from "../../state/agent_missing.ts";
import type { SessionTab } from "../../state/route.ts";
import { useWorld } from "../../state/world.ts";
import { AgentHelp } from "../agent_help.tsx";
import { Button, Link, Menu, type MenuItem } from "../controls.tsx";
import { HostAway } from "../hosts/host_away.tsx";
import { Icon } from "../icon.tsx";
import { Status } from "../status.tsx";
import { baseName, brief, money, sentence, shortPath } from "../text.ts";
import { copyConversation } from "./conversation.tsx";
import { RemoveSession } from "./remove_session.tsx";
import { ConfirmDialog, RenameDialog } from "./session_dialogs.tsx";

/** The models that are offered; the agent knows more. */
const MODELS: readonly (readonly [string, string])[] = [
  ["", "Default model"],
  ["opus", "Opus"],
  ["sonnet", "Sonnet"],
  ["haiku", "Haiku"],
];
const MODES: readonly (readonly [string, string])[] = [
  ["default", "Ask before changes"],
  ["acceptEdits", "Accept edits"],
  ["plan", "Plan first"],
  ["dontAsk", "Deny what is not allowed"],
  ["auto", "Auto"],
  ["bypassPermissions", "Bypass permissions"],
];
const POLICIES: readonly (readonly [PermissionPolicy, string])[] = [
  ["ask", "A person answers"],
  ["deny", "Everything is denied"],
  ["allow", "Everything is allowed"],
];

/** What is asked before something is done. */
type Question =
  | { readonly kind: "rename" }
  | { readonly kind: "remove" }
  | { readonly kind: "kill" }
  /** A change that lets the agent do anything needs the name of the directory. */
  | { readonly kind: "bypass"; readonly change: { permission_mode?: string; policy?: PermissionPolicy } };

/** The name of a session, its state and settings, and what can be done with it. */
export function SessionHeader({ session, tab }: { session: Session; tab: SessionTab | undefined }): JSX.Element {
  const { hosts, router } = useWorld();
  const away = hosts.awayHostOf(session);
  const question = useSignal<Question | undefined>(undefined);
  const close = () => question.value = undefined;
  return (
    <header class="session-header no-print">
      <div class="session-title">
        <button
          type="button"
          class="button quiet icon-only back"
          aria-label="Back to Home"
          onClick={() => router.go({ page: "home" })}
        >
          <Icon name="arrow-left" />
        </button>
        <div class="session-names">
          <h1 class="cut">{session.name}</h1>
          <p class="session-place">
            <Status session={session} isAway={away !== undefined} />
            <span class="muted small cut" title={session.path}>
              {session.worktree === undefined ? shortPath(session.path) : `work tree ${session.worktree.branch}`}
            </span>
            {hosts.isUsed.value ? <span class="session-host muted small">on {session.host}</span> : null}
          </p>
        </div>
        {away === undefined ? <Actions session={session} tab={tab} ask={(asked) => question.value = asked} /> : null}
      </div>
      <div class="session-settings">
        <Tabs session={session} tab={tab} />
        <Settings session={session} isAway={away !== undefined} ask={(asked) => question.value = asked} />
      </div>
      {away === undefined ? null : (
        <p class="host-bar" role="status">
          <Icon name="unplug" />
          <span>
            <HostAway host={away} /> You see what was known then.
          </span>
          <Link to={{ page: "hosts" }}>Hosts</Link>
        </p>
      )}
      {session.error === undefined ? null : (
        <div class="problem session-error" role="alert">
          <p>{sentence(session.error)}</p>
          {isAgentMissing(session.error) ? <AgentHelp /> : null}
        </div>
      )}
      <Asked session={session} question={question.value} onClose={close} />
    </header>
  );
}

function Actions(
  { session, tab, ask }: { session: Session; tab: SessionTab | undefined; ask: (question: Question) => void },
): JSX.Element {
  const { api, hub, router, toasts } = useWorld();
  const name = { session_name: session.id };
  const isLive = session.status !== "stopped" && session.status !== "error";
  const isBusy = session.mode === "subprocess" &&
    (session.status === "active" || session.status === "waiting_permission");
  const show = async (change: Promise<Session>) => hub.put(await change);
  const resume = () => show(api.call("session.resume", name));
  const fork = async () => {
    const copy = await api.call("session.fork", name);
    hub.put(copy);
    router.go({ page: "session", session: copy.id });
  };
  const copy = async () => {
    await copyConversation(session, api);
    toasts.say("The conversation was copied as Markdown.");
  };
  const go = (tab?: "terminal") =>
    router.go({ page: "session", session: session.id, ...tab === undefined ? {} : { tab } });
  const items: MenuItem[] = [
    { label: "Rename", icon: "pencil", onSelect: () => ask({ kind: "rename" }) },
    { label: "Fork", icon: "git-fork", onSelect: fork },
    { label: "Copy as Markdown", icon: "copy", onSelect: copy },
    { label: "Print", icon: "printer", onSelect: () => print() },
    ...(isLive
      ? [
        { label: "Stop", icon: "power", onSelect: () => show(api.call("session.stop", name)) } as const,
        { label: "Kill", icon: "zap", isDanger: true, onSelect: () => ask({ kind: "kill" }) } as const,
      ]
      : [{ label: "Remove", icon: "trash", isDanger: true, onSelect: () => ask({ kind: "remove" }) } as const]),
  ];
  return (
    <div class="session-actions">
      {isBusy
        ? (
          <Button icon="circle-stop" label="Interrupt" onClick={() => api.call("session.interrupt", name)}>
            <span class="desk-only">Interrupt</span>
          </Button>
        )
        : null}
      {isLive ? null : <Button kind="primary" icon="play" onClick={resume}>Resume</Button>}
      {tab === "terminal"
        ? <Button onClick={() => go()}>Conversation</Button>
        : isLive
        ? <Button icon="square-terminal" label="Attach in terminal" onClick={() => go("terminal")} />
        : null}
      <Menu label="More" items={items} />
    </div>
  );
}

/** Leads from what was said to what was changed, and back. */
function Tabs({ session, tab }: { session: Session; tab: SessionTab | undefined }): JSX.Element | null {
  if (tab === "terminal") return null;
  const to = { page: "session", session: session.id } as const;
  return (
    <nav class="session-tabs" aria-label="Views of the session">
      <Link to={to} class="session-tab" current={tab === undefined}>Conversation</Link>
      <Link to={{ ...to, tab: "changes" }} class="session-tab" current={tab === "changes"}>Changes</Link>
    </nav>
  );
}

/** The settings of the agent, and what it has cost. */
function Settings({ session, isAway, ask }: {
  session: Session;
  /** Whether its host cannot be reached. */
  isAway: boolean;
  ask: (question: Question) => void;
}): JSX.Element {
  const { api, hub, toasts } = useWorld();
  const change = (changes: { model?: string | null; permission_mode?: string; policy?: PermissionPolicy }) => {
    if (changes.permission_mode === "bypassPermissions" || changes.policy === "allow") {
      const { model: _, ...change } = changes;
      // The choice shows what is in effect until it is confirmed.
      hub.put({ ...session });
      return ask({ kind: "bypass", change });
    }
    api.call("session.configure", { session_name: session.id, ...changes }).then((changed) => hub.put(changed)).catch(
      (error) => {
        hub.put({ ...session });
        toasts.failure(error);
      },
    );
  };
  const { tokens } = session;
  const context = tokens.input + tokens.cache_read + tokens.cache_creation;
  return (
    <>
      <Choice
        label="Model"
        disabled={isAway}
        value={session.model ?? ""}
        choices={MODELS}
        onChange={(model) => change({ model: model === "" ? null : model })}
      />
      <Choice
        label="Permission mode"
        disabled={isAway}
        value={session.permission_mode}
        choices={MODES}
        onChange={(permission_mode) => change({ permission_mode })}
      />
      <Choice
        label="Questions"
        disabled={isAway}
        value={session.policy}
        choices={POLICIES}
        onChange={(policy) => change({ policy: policy as PermissionPolicy })}
      />
      <p class="session-cost muted small" title="Summed over the agent's processes">
        {session.turns} {session.turns === 1 ? "turn" : "turns"} · {brief(context)} in · {brief(tokens.output)} out ·
        {" "}
        {money(session.cost_usd)}
      </p>
    </>
  );
}

function Choice(
  { label, value, disabled, choices, onChange }: {
    label: string;
    disabled: boolean;
    value: string;
    choices: readonly (readonly [string, string])[];
    onChange: (value: string) => void;
  },
): JSX.Element {
  const isKnown = choices.some(([each]) => each === value);
  return (
    <select
      class="choice"
      aria-label={label}
      title={label}
      disabled={disabled}
      value={value}
      onChange={({ currentTarget }) => {
        const chosen = currentTarget.value;
        currentTarget.value = value;
        onChange(chosen);
      }}
    >
      {isKnown ? null : <option value={value}>{value}</option>}
      {choices.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
    </select>
  );
}

function Asked(
  { session, question, onClose }: { session: Session; question: Question | undefined; onClose: () => void },
): JSX.Element | null {
  const { api, hub } = useWorld();
  const name = { session_name: session.id };
  switch (question?.kind) {
    case undefined:
      return null;
    case "rename":
      return <RenameDialog session={session} onClose={onClose} />;
    case "kill":
      return (
        <ConfirmDialog
          title="Kill the agent"
          text="The agent and everything that it has started end at once. What it was writing may be lost; the conversation stays."
          action="Kill"
          onClose={onClose}
          onConfirm={async () => hub.put(await api.call("session.kill", name))}
        />
      );
    case "remove":
      return <RemoveSession session={session} onClose={onClose} />;
    case "bypass": {
      const directory = baseName(session.path);
      return (
        <ConfirmDialog
          title="Let the agent do anything"
          text={`The agent would run every command without asking. Type ${directory} to confirm; the configuration of the hub must allow it for this directory, too.`}
          action="Let it"
          word={directory}
          onClose={onClose}
          onConfirm={async () =>
            hub.put(await api.call("session.configure", { ...name, ...question.change, confirm: directory }))}
        />
      );
    }
  }
}

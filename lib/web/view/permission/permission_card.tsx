import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { PendingPermission, PermissionAnswer } from "../../../sessions/types.ts";
import { wholeInput } from "../../state/whole_input.ts";
import { titleOf, type ToolRequest, toolRequestOf } from "../../state/tool_request.ts";
import { useWorld } from "../../state/world.ts";
import { Button, Link } from "../controls.tsx";
import { HostAway } from "../hosts/host_away.tsx";
import { Icon, type IconName } from "../icon.tsx";
import { Markdown } from "../markdown.tsx";
import { shortPath } from "../text.ts";
import { TimeAgo } from "../time_ago.tsx";
import { VisibleText } from "../visible_text.tsx";
import { AllowForm } from "./allow_form.tsx";
import { DenyForm } from "./deny_form.tsx";
import { PlanForm } from "./plan_form.tsx";
import { QuestionForm } from "./question_form.tsx";
import { RequestView } from "./request_view.tsx";
import { useFocusKeeper, useReveal, useStillness } from "./use_guard.ts";

const ICONS: Readonly<Record<ToolRequest["kind"], IconName>> = {
  command: "terminal",
  edit: "pencil",
  questions: "circle-question-mark",
  plan: "list-checks",
  truncated: "wrench",
  other: "wrench",
};

/** What is asked for with a title that tells the tool. */
const TITLED: ReadonlySet<ToolRequest["kind"]> = new Set(["questions", "plan", "other"]);

/** What an agent asks of a person, and the ways to answer. */
export function PermissionCard({ permission: given, showsSession, isRevealed = false }: {
  permission: PendingPermission;
  /** Whether the session is named, because the card stands outside of it. */
  showsSession: boolean;
  /** Whether to scroll to the card and focus it. */
  isRevealed?: boolean;
}): JSX.Element {
  const { hosts, hub, isViewer } = useWorld();
  const away = hosts.awayHostOf(given);
  const card = useRef<HTMLElement>(null);
  const whole = useSignal<unknown>(undefined);
  useFocusKeeper(card);
  useReveal(card, isRevealed);
  const permission = whole.value === undefined ? given : { ...given, input: whole.value };
  const request = useMemo(() => toolRequestOf(permission), [given.input, whole.value]);
  const title = titleOf(permission, request);
  const session = hub.sessions.value.get(permission.session)?.name;
  return (
    <article
      ref={card}
      class={`card permission ${request.kind}${away === undefined ? "" : " away"}`}
      data-permission={permission.id}
      tabIndex={-1}
      aria-label={showsSession && session !== undefined ? `${title}, ${session}` : title}
    >
      <header class="permission-head">
        <Icon name={ICONS[request.kind]} size={18} />
        <h3>{title}</h3>
        {TITLED.has(request.kind) ? null : <span class="chip">{permission.tool_name}</span>}
        <span class="permission-time muted small">
          <TimeAgo at={permission.at} />
        </span>
      </header>
      {showsSession ? <SessionLine permission={permission} /> : null}
      {isRepeated(permission, request) ? null : (
        <p class="permission-text">
          <VisibleText text={permission.description ?? ""} />
        </p>
      )}
      {request.kind === "truncated"
        ? <LargeInput permission={permission} bytes={request.bytes} onRead={(input) => whole.value = input} />
        : null}
      {away !== undefined
        ? (
          <OnlyShown permission={permission} request={request}>
            <HostAway host={away} /> You can answer when it is back.
          </OnlyShown>
        )
        : isViewer.value
        ? (
          <OnlyShown permission={permission} request={request}>
            You are signed in to look only: somebody else has to answer.
          </OnlyShown>
        )
        : <Forms permission={permission} request={request} />}
    </article>
  );
}

function SessionLine({ permission }: { permission: PendingPermission }): JSX.Element {
  const { hosts, hub } = useWorld();
  const session = hub.sessions.value.get(permission.session);
  return (
    <p class="permission-session">
      <Link to={{ page: "session", session: permission.session }}>{session?.name ?? "the session"}</Link>
      {session === undefined
        ? null
        : <span class="muted small cut" title={session.path}>{shortPath(session.path)}</span>}
      {hosts.isUsed.value ? <span class="muted small">on {permission.host}</span> : null}
    </p>
  );
}

/** Whether what the agent says about the call is nothing new: of an edit, it may be the name of the file. */
function isRepeated({ description = "" }: PendingPermission, request: ToolRequest): boolean {
  return description === "" || request.kind === "edit" && request.path.endsWith(description);
}

/** The ways to answer. */
function Forms({ permission, request }: { permission: PendingPermission; request: ToolRequest }): JSX.Element {
  const { answers } = useWorld();
  const isDenying = useSignal(false);
  const isStill = useStillness().value;
  const onAnswer = (answer: PermissionAnswer) => answers.answer(permission, answer);
  const onDeny = () => void (isDenying.value = true);
  if (isDenying.value) {
    return (
      <>
        <RequestView permission={permission} request={request} />
        <DenyForm onAnswer={onAnswer} onCancel={() => isDenying.value = false} />
      </>
    );
  }
  switch (request.kind) {
    case "questions":
      return (
        <QuestionForm
          id={permission.id}
          input={permission.input}
          questions={request.questions}
          isStill={isStill}
          onAnswer={onAnswer}
          onDeny={onDeny}
        />
      );
    case "plan":
      return <PlanForm plan={request.plan} isStill={isStill} onAnswer={onAnswer} />;
    default:
      return (
        <AllowForm permission={permission} request={request} isStill={isStill} onAnswer={onAnswer} onDeny={onDeny} />
      );
  }
}

/** What is asked, and why it cannot be answered here and now. */
function OnlyShown({ permission, request, children }: {
  permission: PendingPermission;
  request: ToolRequest;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <RequestView permission={permission} request={request} />
      {request.kind === "plan"
        ? (
          <div class="permission-plan" role="group" aria-label="Plan" tabIndex={0}>
            <Markdown text={request.plan} />
          </div>
        )
        : null}
      {request.kind === "questions"
        ? (
          <ul class="permission-questions">
            {request.questions.map(({ question }) => (
              <li key={question}>
                <VisibleText text={question} />
              </li>
            ))}
          </ul>
        )
        : null}
      <p class="muted small">{children}</p>
    </>
  );
}

function LargeInput({ permission, bytes, onRead }: {
  permission: PendingPermission;
  bytes: number;
  onRead: (input: unknown) => void;
}): JSX.Element {
  const { api, hosts } = useWorld();
  return (
    <p class="permission-large">
      <span>The input is {Math.round(bytes / 1024)} KiB.</span>
      <Button onClick={async () => onRead(await wholeInput(api, permission, hosts.nameOf(permission)))}>
        Show all of it
      </Button>
    </p>
  );
}

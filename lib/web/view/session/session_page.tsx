import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Session } from "../../../sessions/types.ts";
import { HubProblem } from "../../api/client.ts";
import type { SessionTab } from "../../state/route.ts";
import { useWorld } from "../../state/world.ts";
import { Link } from "../controls.tsx";
import { PermissionCard } from "../permission/permission_card.tsx";
import { sentence } from "../text.ts";
import { ChangesView } from "./changes_view.tsx";
import { Composer } from "./composer.tsx";
import { Conversation } from "./conversation.tsx";
import { QueueList } from "./queue_list.tsx";
import { SessionHeader } from "./session_header.tsx";
import { TerminalView } from "./terminal_view.tsx";

/** A session: what was said, and what a person does about it. */
export function SessionPage(
  { reference, event, tab }: { reference: string; event?: number; tab?: SessionTab },
): JSX.Element {
  const { session, problem } = useSession(reference);
  if (problem !== undefined) return <NoSession problem={problem} />;
  if (session === undefined) return <SessionSkeleton />;
  return (
    <div class="session">
      <SessionHeader session={session} tab={tab} />
      {tab === "terminal"
        ? <TerminalView session={session} />
        : tab === "changes"
        ? <ChangesView session={session} />
        : <Conversation session={session} {...event === undefined ? {} : { event }} />}
      {tab === "terminal" ? null : (
        <div class="session-foot no-print">
          <Waiting session={session} />
          <Composer session={session} />
          <QueueList session={session} />
        </div>
      )}
    </div>
  );
}

/** What the agent of the session asks for. */
function Waiting({ session }: { session: Session }): JSX.Element | null {
  const { hub } = useWorld();
  const permissions = hub.permissions.value.filter((each) => each.session === session.id);
  if (permissions.length === 0) return null;
  return (
    <section class="session-waiting" aria-labelledby="session-waiting">
      <h2 id="session-waiting" class="hidden-text">Needs you</h2>
      {permissions.map((permission) => (
        <PermissionCard key={permission.id} permission={permission} showsSession={false} />
      ))}
    </section>
  );
}

/** Finds the session that an address names, by its id or its name; it stays live afterwards. */
function useSession(reference: string): { session: Session | undefined; problem: string | undefined } {
  const { api, hosts, hub, router } = useWorld();
  const problem = useSignal<string | undefined>(undefined);
  const sessions = hub.sessions.value;
  const named = [...sessions.values()].filter(({ name }) => name === reference);
  // Sessions of other hosts may have the same names.
  const session = sessions.get(reference) ?? named.find((each) => hosts.of(each) === undefined) ?? named[0];
  const isMissing = session === undefined && hub.hasLoaded.value && hosts.hasLoaded.value;
  const wasThere = useRef(false);
  wasThere.current ||= session !== undefined;
  useEffect(() => {
    if (!isMissing) return;
    if (wasThere.current) return void (problem.value = "it was removed");
    const stop = new AbortController();
    api.call("session.get", { session_name: reference }, stop.signal).then((found) => {
      hub.put(found);
      // It was named by a prefix.
      router.go({ page: "session", session: found.id }, { replaces: true });
    }).catch((error) => {
      if (!stop.signal.aborted) problem.value = error instanceof HubProblem ? error.message : String(error);
    });
    return () => stop.abort();
  }, [reference, isMissing]);
  return { session, problem: session === undefined ? problem.value : undefined };
}

function NoSession({ problem }: { problem: string }): JSX.Element {
  return (
    <div class="empty">
      <h1>No such session</h1>
      <p>{sentence(problem)}</p>
      <Link to={{ page: "home" }} class="button primary">Go home</Link>
    </div>
  );
}

function SessionSkeleton(): JSX.Element {
  return (
    <div class="session" aria-busy="true">
      <div class="session-header">
        <div class="skeleton" />
      </div>
    </div>
  );
}

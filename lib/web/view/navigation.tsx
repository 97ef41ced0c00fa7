import type { JSX } from "preact";
import { useWorld } from "../state/world.ts";
import { openNewSession } from "../state/dialogs.ts";
import { needsPerson } from "../state/host_text.ts";
import { Button, Link } from "./controls.tsx";
import { Icon } from "./icon.tsx";
import { shownStatus } from "./status.tsx";
import { counted } from "./text.ts";

/** The most sessions beside the page. */
const MAX_SESSIONS = 60;

/** Where one can go: beside the page on a desk, below it on a phone. */
export function Navigation(): JSX.Element {
  const { hosts, hub, router } = useWorld();
  const route = router.route.value;
  const waiting = hosts.split(hub.permissions.value).here.length;
  const refused = hosts.list.value.value?.filter(needsPerson).length ?? 0;
  const isHome = route.page === "home" || route.page === "permission";
  return (
    <nav class="navigation" aria-label="Main">
      <p class="brand">claustrum</p>
      <div class="navigation-links">
        <Link to={{ page: "home" }} class="navigation-link" current={isHome}>
          <Icon name="house" size={18} />
          <span>Home</span>
          {waiting === 0 ? null : <span class="badge" aria-label={`${waiting} need you`}>{waiting}</span>}
        </Link>
        <Button kind="quiet" icon="plus" onClick={() => openNewSession()}>New session</Button>
        <Link to={{ page: "hosts" }} class="navigation-link" current={route.page === "hosts"}>
          <Icon name="server" size={18} />
          <span>Hosts</span>
          {refused === 0
            ? null
            : <span class="badge" aria-label={`${counted(refused, "host needs", "hosts need")} you`}>{refused}</span>}
        </Link>
        <Link
          to={{ page: "settings", section: "" }}
          class="navigation-link"
          current={route.page === "settings"}
        >
          <Icon name="settings" size={18} />
          <span>Settings</span>
        </Link>
      </div>
      <ul class="navigation-sessions" aria-label="Sessions">
        {hub.newestFirst.value.filter(({ status }) => status !== "stopped").slice(0, MAX_SESSIONS).map((session) => (
          <li key={session.id}>
            <Link
              to={{ page: "session", session: session.id }}
              class="navigation-session"
              current={route.page === "session" && (route.session === session.id || route.session === session.name)}
            >
              <span
                class="dot"
                data-status={hosts.awayHostOf(session) === undefined ? shownStatus(session) : "away"}
                aria-hidden="true"
              />
              <span class="cut">{session.name}</span>
              {hosts.of(session) === undefined ? null : <span class="navigation-host">{session.host}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useWorld } from "../state/world.ts";
import { ConnectionBar } from "./connection_bar.tsx";
import { HomePage } from "./home/home_page.tsx";
import { OnHost } from "./hosts/on_host.tsx";
import { HostsPage } from "./hosts/hosts_page.tsx";
import { Keyboard } from "./keyboard.tsx";
import { Navigation } from "./navigation.tsx";
import { NewProjectPage } from "./new_project/new_project_page.tsx";
import { NewSession } from "./new_session.tsx";
import { ProjectPage } from "./project/project_page.tsx";
import { SessionPage } from "./session/session_page.tsx";
import { SettingsPage } from "./settings/settings_page.tsx";
import { SignInPage } from "./sign_in_page.tsx";
import { ToastList } from "./toast_list.tsx";

/** The whole page. */
export function App(): JSX.Element {
  const world = useWorld();
  const access = world.access.value;
  useTitle();
  if (access === "unknown") return <div class="blank" />;
  if (access === "signed out") {
    return (
      <>
        <SignInPage />
        <ToastList />
      </>
    );
  }
  return (
    <div class="shell">
      <a class="skip" href="#main">Skip to the content</a>
      <Navigation />
      <div class="content">
        <ConnectionBar />
        <main id="main" tabIndex={-1}>
          <Page />
        </main>
      </div>
      <NewSession />
      <Keyboard />
      <ToastList />
    </div>
  );
}

function Page(): JSX.Element {
  const route = useWorld().router.route.value;
  switch (route.page) {
    case "home":
      return <HomePage {...route.host === undefined ? {} : { host: route.host }} />;
    case "hosts":
      return <HostsPage />;
    case "permission":
      return <HomePage permission={route.permission} />;
    case "session":
      return (
        <SessionPage
          key={route.session}
          reference={route.session}
          {...route.event === undefined ? {} : { event: route.event }}
          {...route.tab === undefined ? {} : { tab: route.tab }}
        />
      );
    case "new-project":
      return (
        <OnHost key={route.host} host={route.host}>
          <NewProjectPage />
        </OnHost>
      );
    case "project":
      return (
        <OnHost key={`${route.host ?? ""}/${route.project}/${route.conversation ?? ""}`} host={route.host}>
          <ProjectPage
            name={route.project}
            {...route.conversation === undefined ? {} : { conversation: route.conversation }}
          />
        </OnHost>
      );
    case "settings":
      return <SettingsPage section={route.section} />;
    case "unknown":
      return <NothingHere />;
  }
}

function NothingHere(): JSX.Element {
  const { router } = useWorld();
  return (
    <div class="empty">
      <h1>There is nothing here</h1>
      <p>The address leads to no page of this hub.</p>
      <a class="button primary" href={router.href({ page: "home" })}>Go home</a>
    </div>
  );
}

/** Says in the title of the tab how many questions wait for a person. */
function useTitle(): void {
  const { hosts, hub, router } = useWorld();
  const waiting = hosts.split(hub.permissions.value).here.length;
  const route = router.route.value;
  const shown = route.page === "session"
    ? nameOf(hub.sessions.value, route.session)
    : route.page === "project"
    ? route.project
    : undefined;
  useEffect(() => {
    const parts = [waiting === 0 ? "" : `(${waiting}) `, shown === undefined ? "" : `${shown} · `, "claustrum"];
    document.title = parts.join("");
  }, [waiting, shown]);
}

function nameOf(sessions: ReadonlyMap<string, { id: string; name: string }>, reference: string): string {
  return sessions.get(reference)?.name ?? reference;
}

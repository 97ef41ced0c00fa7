/**
 * What all parts of the page share.
 *
 * @module
 */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { HubApi, HubProblem } from "../api/client.ts";
import { LiveConnection } from "../api/live.ts";
import { Answers } from "./answers.ts";
import { HostList } from "./hosts.ts";
import { HubState } from "./hub_state.ts";
import { Notifications } from "./notifications.ts";
import { keepUpToDate } from "./page_updates.ts";
import { Projects } from "./projects.ts";
import { Push } from "./push.ts";
import { Router } from "./route.ts";
import { Toasts } from "./toasts.ts";

/** Whether this browser is signed in, as far as the page knows. */
export type Access = "unknown" | "signed in" | "signed out";

/** What all parts of the page share. */
export interface World {
  /** Calls operations. */
  readonly api: HubApi;
  /** What is known of the hub. */
  readonly hub: HubState;
  /** The other machines that the hub shows. */
  readonly hosts: HostList;
  /** Projects and remote control. */
  readonly projects: Projects;
  /** The page that is shown. */
  readonly router: Router;
  /** What is told in passing. */
  readonly toasts: Toasts;
  /** Answers permissions. */
  readonly answers: Answers;
  /** Notifications of the browser. */
  readonly notifications: Notifications;
  /** Lets the hub tell this browser what happens while no tab is open. */
  readonly push: Push;
  /** Whether this browser is signed in. */
  readonly access: Signal<Access>;
  /** Whether who has signed in may only look. */
  readonly isViewer: ReadonlySignal<boolean>;
  /**
   * Returns the world as it is for what belongs to a host: operations run there, and nothing can be changed while it is
   * away.
   */
  on(host: string): World;
  /** Signs in. */
  signIn(credentials: { token?: string; password?: string; code?: string }): Promise<void>;
  /** Signs out this browser, or everybody. */
  signOut(everywhere: boolean): Promise<void>;
}

const WorldContext = createContext<World | undefined>(undefined);

/** Gives the world to all parts. */
export const WorldProvider = WorldContext.Provider;

/** Returns what all parts share. */
export function useWorld(): World {
  const world = useContext(WorldContext);
  if (world === undefined) throw new TypeError("Cannot use the world outside of the page");
  return world;
}

/**
 * Makes the world, and begins to find out whether this browser is signed in.
 *
 * @param base The path below which the hub is reached.
 */
export function createWorld(base: string): World {
  const access: Signal<Access> = signal("unknown");
  const signedOut = () => {
    access.value = "signed out";
    live.stop();
    hub.forget();
  };
  const api = new HubApi(base, signedOut);
  const push = new Push(api);
  const toasts = new Toasts();
  const readPermissions = async (host: string | undefined) => {
    hub.putPermissions(host, await api.call("permissions.list", { host }));
  };
  const hub = new HubState(
    (host) => void readPermissions(host).catch((error) => toasts.failure(error)),
    (topics) => live.watch(topics),
  );
  const isViewer = signal(false);
  const enter = () => {
    access.value = "signed in";
    live.start();
  };
  /** After a reload, the page knows only from its entry in the list whether it may change anything. */
  const readRole = async () => {
    const signIns = await api.call("sign_ins.list", {});
    isViewer.value = signIns.find(({ is_current }) => is_current)?.read_only ?? false;
  };
  /** A browser does not tell why a WebSocket was refused; an operation does. */
  const probe = async () => {
    try {
      await api.call("hub.status", {});
      enter();
      await readRole();
      await push.renew();
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      // Without the hub, the connection tries on.
      if (error.status !== 401) enter();
    }
  };
  const live = new LiveConnection({
    url: () => api.socketUrl("/ws/dashboard"),
    pageKey: () => api.pageKey,
    ownName: () => hosts.ownName.peek() || undefined,
    onMessage: (message) => hub.take(message),
    onChange: (isConnected) => hub.noteConnection(isConnected),
    onRefused: () => void probe(),
    onFailed: () => void probe(),
  });
  const hosts = new HostList({ api, hub, onRemoved: (name) => live.forgetHost(name) });
  const router = new Router(base);
  const world: World = {
    api,
    hub,
    hosts,
    projects: new Projects(api, hub),
    router,
    toasts,
    answers: new Answers({ api, hub, toasts }),
    notifications: new Notifications(hub, router),
    push,
    access,
    isViewer,
    on: (host) => worldOn(world, host),
    async signIn(credentials) {
      const { page_key, read_only } = await api.call("auth.sign_in", credentials);
      api.setPageKey(page_key);
      isViewer.value = read_only;
      enter();
      await push.renew();
    },
    async signOut(everywhere) {
      await api.call("auth.sign_out", { everywhere });
      api.setPageKey(undefined);
      signedOut();
      await push.forget();
    },
  };
  void begin(world, probe);
  void keepUpToDate({ base, version: document.documentElement.dataset["version"] ?? "", hub, toasts });
  // A link that is opened where the page is shown already changes nothing else.
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#code=")) void begin(world, probe);
  });
  return world;
}

/** The worlds of hosts, which are made when they are first looked at. */
const WORLDS = new WeakMap<World, Map<string, World>>();

function worldOn(world: World, host: string): World {
  const known = WORLDS.get(world) ?? new Map<string, World>();
  WORLDS.set(world, known);
  const made = known.get(host) ?? makeWorldOn(world, host);
  known.set(host, made);
  return made;
}

function makeWorldOn(world: World, host: string): World {
  const { hub, hosts, isViewer } = world;
  const isUp = computed(() => hosts.of({ host })?.state === "up");
  const api = world.api.on(host);
  return {
    ...world,
    api,
    projects: new Projects(api, hub, { host, isUp }),
    isViewer: computed(() => isViewer.value || !isUp.value),
  };
}

/** Signs in with the code of a sign-in link, if the address has one. */
async function begin(world: World, probe: () => Promise<void>): Promise<void> {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code === undefined) return await probe();
  history.replaceState(null, "", location.pathname + location.search);
  try {
    await world.signIn({ code });
  } catch (error) {
    if (!(error instanceof HubProblem)) throw error;
    await probe();
    if (world.access.value !== "signed in") world.toasts.failure(error);
  }
}

/**
 * The pages and their addresses, below the path of the hub.
 *
 * @module
 */

/** A view of a session besides its conversation. */
export type SessionTab = "changes" | "terminal";

/** A page. */
export type Route =
  /** With a host, what is on that one. */
  | { readonly page: "home"; readonly host?: string }
  | { readonly page: "hosts" }
  | { readonly page: "session"; readonly session: string; readonly event?: number; readonly tab?: SessionTab }
  | { readonly page: "permission"; readonly permission: string }
  /** With a host, on that one. */
  | { readonly page: "new-project"; readonly host?: string }
  /** With a conversation, what was said in it. */
  | { readonly page: "project"; readonly project: string; readonly conversation?: string; readonly host?: string }
  /** Without a section, the list of them. */
  | { readonly page: "settings"; readonly section: string }
  | { readonly page: "unknown" };

/** Returns the page of an address. */
export function routeOf(path: string, query: string): Route {
  const [first, second, third, fourth, ...more] = path.split("/").filter((part) => part !== "").map(decode);
  const given = new URLSearchParams(query);
  const event = Number(given.get("event") ?? Number.NaN);
  const host = given.get("host") ?? "";
  const on = host === "" ? {} : { host };
  if (more.length > 0) return { page: "unknown" };
  if (first === undefined) return { page: "home", ...on };
  if (first === "projects" && second !== undefined) {
    if (third === undefined) return { page: "project", project: second, ...on };
    if (third === "history" && fourth !== undefined) {
      return { page: "project", project: second, conversation: fourth, ...on };
    }
  }
  if (fourth !== undefined) return { page: "unknown" };
  if (first === "hosts" && second === undefined) return { page: "hosts" };
  if (first === "new-project" && second === undefined) return { page: "new-project", ...on };
  if (first === "sessions" && second !== undefined && isTab(third)) {
    return {
      page: "session",
      session: second,
      ...(Number.isSafeInteger(event) ? { event } : {}),
      ...(third === undefined ? {} : { tab: third }),
    };
  }
  if (first === "permissions" && second !== undefined && third === undefined) {
    return { page: "permission", permission: second };
  }
  if (first === "settings" && third === undefined) return { page: "settings", section: second ?? "" };
  return { page: "unknown" };
}

/** Returns the address of a page, below the path of the hub. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "home":
      return `/${hostQuery(route)}`;
    case "unknown":
      return "/";
    case "hosts":
      return "/hosts";
    case "session": {
      const event = route.event === undefined ? "" : `?event=${route.event}`;
      return `/sessions/${encodeURIComponent(route.session)}${route.tab === undefined ? "" : `/${route.tab}`}${event}`;
    }
    case "new-project":
      return `/new-project${hostQuery(route)}`;
    case "project": {
      const { conversation } = route;
      const below = conversation === undefined ? "" : `/history/${encodeURIComponent(conversation)}`;
      return `/projects/${encodeURIComponent(route.project)}${below}${hostQuery(route)}`;
    }
    case "permission":
      return `/permissions/${encodeURIComponent(route.permission)}`;
    case "settings":
      return route.section === "" ? "/settings" : `/settings/${encodeURIComponent(route.section)}`;
  }
}

/**
 * Returns the page of the same name on a host.
 *
 * @param host The host; `undefined` for the hub itself.
 */
export function onHost(route: Route, host: string | undefined): Route {
  const isThere = route.page === "project" || route.page === "new-project";
  return host === undefined || !isThere || route.host !== undefined ? route : { ...route, host };
}

function hostQuery({ host }: { readonly host?: string }): string {
  return host === undefined ? "" : `?host=${encodeURIComponent(host)}`;
}

function isTab(part: string | undefined): part is SessionTab | undefined {
  return part === undefined || part === "changes" || part === "terminal";
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return part;
  }
}

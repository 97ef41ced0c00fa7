/**
 * The pages and their addresses, below the path of the hub.
 *
 * @module
 */

/** A page. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "session"; readonly session: string; readonly event?: number; readonly tab?: "terminal" }
  | { readonly page: "permission"; readonly permission: string }
  /** Without a section, the list of them. */
  | { readonly page: "settings"; readonly section: string }
  | { readonly page: "unknown" };

/** Returns the page of an address. */
export function routeOf(path: string, query: string): Route {
  const [first, second, third, ...more] = path.split("/").filter((part) => part !== "").map(decode);
  const event = Number(new URLSearchParams(query).get("event") ?? Number.NaN);
  if (more.length > 0) return { page: "unknown" };
  if (first === undefined) return { page: "home" };
  if (first === "sessions" && second !== undefined && (third === undefined || third === "terminal")) {
    return {
      page: "session",
      session: second,
      ...(Number.isSafeInteger(event) ? { event } : {}),
      ...(third === undefined ? {} : { tab: "terminal" }),
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
    case "unknown":
      return "/";
    case "session": {
      const event = route.event === undefined ? "" : `?event=${route.event}`;
      return `/sessions/${encodeURIComponent(route.session)}${route.tab === "terminal" ? "/terminal" : ""}${event}`;
    }
    case "permission":
      return `/permissions/${encodeURIComponent(route.permission)}`;
    case "settings":
      return route.section === "" ? "/settings" : `/settings/${encodeURIComponent(route.section)}`;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return part;
  }
}

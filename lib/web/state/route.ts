/**
 * Which page is shown: the path of the address, below the path of the hub.
 *
 * @module
 */

import { type Signal, signal } from "@preact/signals";
import { onHost, pathOf, type Route, routeOf, type SessionTab } from "./page_address.ts";

export { onHost, pathOf, type Route, routeOf, type SessionTab };

/** The page that is shown, kept in step with the address. */
export class Router {
  /** The page. */
  readonly route: Signal<Route>;
  /** The path below which the hub is reached. */
  readonly base: string;

  /** @param base The path below which the hub is reached. */
  constructor(base: string) {
    this.base = base;
    this.route = signal(this.#read());
    addEventListener("popstate", () => this.route.value = this.#read());
  }

  /** The whole path of a page, for links. */
  href(route: Route): string {
    return this.base + pathOf(route);
  }

  /** Goes to a page. */
  go(route: Route, { replaces = false }: { readonly replaces?: boolean } = {}): void {
    const href = this.href(route);
    if (replaces) history.replaceState(null, "", href);
    else history.pushState(null, "", href);
    this.route.value = this.#read();
    if (!replaces) scrollTo(0, 0);
  }

  /** Goes to the page of a whole path, as {@linkcode href} makes them. */
  open(href: string): void {
    this.go(routeOf(href.startsWith(this.base) ? href.slice(this.base.length) : href, ""));
  }

  #read(): Route {
    const { pathname, search } = location;
    const path = pathname.startsWith(this.base) ? pathname.slice(this.base.length) : pathname;
    return routeOf(path, search);
  }
}

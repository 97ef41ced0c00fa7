/**
 * The page's entry.
 *
 * @module
 */

import { render } from "preact";
import { createWorld, WorldProvider } from "./state/world.ts";
import { App } from "./view/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new TypeError("Cannot find the element of the page");
const base = document.documentElement.dataset["base"] ?? "";
render(
  <WorldProvider value={createWorld(base)}>
    <App />
  </WorldProvider>,
  root,
);

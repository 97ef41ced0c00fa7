import type { ComponentChildren, JSX } from "preact";
import { useWorld } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { sentence } from "../text.ts";
import type { Loaded } from "../use_loaded.ts";

/** A part of a section, with a title and a few words about it. */
export function Part({ title, text, children }: {
  title?: string;
  text?: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <section class="settings-part">
      {title === undefined ? null : <h3>{title}</h3>}
      {text === undefined ? null : <p class="muted settings-text">{text}</p>}
      {children}
    </section>
  );
}

/** Shows what was read from the hub; before, its outline, and otherwise why it could not be read. */
export function Shown<T>({ loaded, children }: {
  loaded: Loaded<T>;
  children: (value: T) => ComponentChildren;
}): JSX.Element {
  const { value, problem, reload } = loaded;
  if (value !== undefined) return <>{children(value)}</>;
  if (problem === undefined) {
    return (
      <div class="settings-list" aria-busy="true">
        <p class="hidden-text" role="status">Loading</p>
        {[1, 2, 3].map((i) => <div key={i} class="skeleton settings-skeleton" aria-hidden="true" />)}
      </div>
    );
  }
  return (
    <div class="problem settings-problem" role="alert">
      <p>{sentence(problem)}</p>
      <Button onClick={reload}>Try again</Button>
    </div>
  );
}

/** Says to who may only look why they can change nothing. */
export function ViewerNote(): JSX.Element | null {
  if (!useWorld().isViewer.value) return null;
  return <p class="settings-note">You are signed in to look only: nothing can be changed with this sign-in.</p>;
}

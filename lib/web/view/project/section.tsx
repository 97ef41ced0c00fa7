import type { ComponentChildren, JSX } from "preact";

/** A part of a project's page. */
export function Section({ id, title, count, text, action, children }: {
  /** Unique on the page; what leads to it uses it. */
  id: string;
  title: string;
  count?: number | undefined;
  /** A few words about it. */
  text?: ComponentChildren;
  /** What can be done, beside the title. */
  action?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <section class="project-section" id={id} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <div class="project-section-head">
        <h2 id={`${id}-title`}>
          {title} {count === undefined || count === 0 ? null : <span class="muted">{count}</span>}
        </h2>
        {action}
      </div>
      {text === undefined ? null : <p class="muted small project-section-text">{text}</p>}
      {children}
    </section>
  );
}

import type { ComponentChildren, JSX } from "preact";

/** The buttons that answer. While the cards move, presses do nothing: they could have been meant for another card. */
export function AnswerButtons({ isStill, children }: { isStill: boolean; children: ComponentChildren }): JSX.Element {
  return (
    <div
      class="permission-buttons"
      role="group"
      aria-label="Answer"
      aria-disabled={!isStill}
      onClickCapture={(event) => {
        if (isStill) return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {children}
    </div>
  );
}

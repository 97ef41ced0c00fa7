import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ClaudeMd } from "../../../projects/types.ts";
import { Button } from "../controls.tsx";
import { Diff } from "../diff.tsx";
import { VisibleText } from "../visible_text.tsx";

/** Two versions of the file: what somebody else has written meanwhile, and what was typed here. A person chooses. */
export function ClaudeMdConflict({ mine, other, onSaveMine, onEditMine, onTakeOther }: {
  mine: string;
  other: ClaudeMd;
  onSaveMine: () => Promise<void>;
  onEditMine: () => void;
  onTakeOther: () => void;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  return (
    <div class="conflict" ref={box} tabIndex={-1} role="group" aria-labelledby="conflict-title">
      <div class="warning-box" role="alert">
        <p id="conflict-title">
          <strong>The file was changed while you were editing it.</strong> Nothing is lost: choose what it should be.
        </p>
      </div>
      <div class="conflict-versions">
        <Version title="In the file now" text={other.exists ? other.content : "(the file was removed)"} />
        <Version title="Yours" text={mine} />
      </div>
      <details class="more">
        <summary>What yours would change</summary>
        <Diff before={other.content} after={mine} label="What your version would change" isWhole />
      </details>
      <div class="buttons end">
        <Button onClick={onTakeOther}>Take the file, drop mine</Button>
        <Button onClick={onEditMine}>Edit mine further</Button>
        <Button kind="primary" onClick={onSaveMine}>Save mine over it</Button>
      </div>
    </div>
  );
}

function Version({ title, text }: { title: string; text: string }): JSX.Element {
  return (
    <section class="conflict-version" aria-label={title}>
      <h3>{title}</h3>
      <pre tabIndex={0}><VisibleText text={text} /></pre>
    </section>
  );
}

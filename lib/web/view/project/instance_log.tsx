import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Instance } from "../../../remote/types.ts";
import { LogFollower } from "../../state/log_follower.ts";
import { startOf } from "../../state/log_tail.ts";
import { inNextFrame } from "../../state/next_frame.ts";
import { useWorld, type World } from "../../state/world.ts";
import { Button } from "../controls.tsx";
import { bytesText, sentence, visible } from "../text.ts";

/** So near the end somebody counts as being there, in pixels. */
const AT_END = 8;

/** How often the log of an instance on another host is read, in milliseconds: nobody tells what is added to it. */
const FAR_MS = 3_000;

/** The log of an instance as it grows. Who scrolls up reads: it holds still until they go to the end again. */
export function InstanceLogView({ instance: { id, name } }: { instance: Instance }): JSX.Element {
  const world = useWorld();
  const follower = useMemo(() => followerOf(world, id), [world, id]);
  const scroller = useRef<HTMLDivElement>(null);
  const isLost = world.hub.connection.value === "lost";
  const isLooking = world.projects.isLooking.value;
  // What nobody looks at is not followed: the hub has to read it for us.
  useEffect(() => isLost || !isLooking ? undefined : follower.start(), [follower, isLost, isLooking]);
  const isFar = world.projects.host !== undefined;
  useEffect(() => {
    if (!isFar || isLost || !isLooking) return;
    const timer = setInterval(() => void follower.reload(), FAR_MS);
    return () => clearInterval(timer);
  }, [follower, isFar, isLost, isLooking]);
  const tail = follower.tail.value;
  const isPaused = follower.isPaused.value;
  useLayoutEffect(() => {
    if (!isPaused && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [tail, isPaused]);
  const box = useRef<HTMLDivElement>(null);
  // On a phone, it opens below what is seen.
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  const last = useRef(0);
  const noteScroll = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: { currentTarget: HTMLElement }) => {
    const isUp = scrollTop < last.current;
    last.current = scrollTop;
    if (isUp && scrollHeight - clientHeight - scrollTop > AT_END) follower.pause();
  };
  return (
    <div class="log" ref={box}>
      <div class="log-bar">
        {isPaused
          ? (
            <Button kind="quiet" icon="arrow-down" onClick={() => follower.follow()}>
              Jump to latest
              {follower.behind.value === 0 ? null : <span class="badge">{bytesText(follower.behind.value)} new</span>}
            </Button>
          )
          : <Button kind="quiet" icon="pause" onClick={() => follower.pause()}>Pause</Button>}
        {tail === undefined || startOf(tail) === 0
          ? null
          : (
            <Button kind="quiet" icon="arrow-up" onClick={() => loadOlder(follower, scroller.current)}>
              Older lines
            </Button>
          )}
        <span class="muted small log-note">Ids and secrets are masked</span>
      </div>
      {follower.problem.value === undefined
        ? null
        : <p class="problem" role="alert">{sentence(follower.problem.value)}</p>}
      <div
        ref={scroller}
        class="log-lines"
        role="log"
        aria-label={`Log of ${name}`}
        // It may grow faster than anybody listens.
        aria-live="off"
        tabIndex={0}
        onScroll={noteScroll}
      >
        {tail?.pieces.length === 0 ? <p class="muted">Nothing was logged yet.</p> : null}
        {tail?.pieces.map(({ offset, text }) => <pre key={offset}>{visible(text)}</pre>)}
      </div>
    </div>
  );
}

/** Shows what comes before, and leaves what is shown where it is. */
async function loadOlder(follower: LogFollower, scroller: HTMLElement | null): Promise<void> {
  const before = scroller?.scrollHeight ?? 0;
  await follower.loadOlder();
  await new Promise<void>((resolve) => inNextFrame(resolve));
  if (scroller !== null) scroller.scrollTop += scroller.scrollHeight - before;
}

function followerOf({ api, hub, projects }: World, id: string): LogFollower {
  return new LogFollower({
    read: (part) => api.call("instance.log", { instance_id: id, ...part }),
    listen: (listener) =>
      projects.host !== undefined ? () => {} : hub.topics.watch(`log:${id}`, (notice) => {
        if ("log" in notice) listener(notice.log);
      }),
    inNextFrame,
  });
}

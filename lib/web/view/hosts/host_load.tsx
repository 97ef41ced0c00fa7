import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { LiveValue } from "../../state/live_value.ts";
import { isHeavy, memoryPercent } from "../../state/load_text.ts";
import { useWorld } from "../../state/world.ts";
import { bytesText, counted } from "../text.ts";
import { useLive } from "../use_live.ts";

/** How often the load of a machine is read while somebody looks, in milliseconds. */
const EVERY_MS = 10_000;

/** How busy a machine is, while somebody looks; nothing where it does not tell. */
export function HostLoad({ host }: {
  /** The name; `undefined` for the machine of the hub itself. */
  host: string | undefined;
}): JSX.Element {
  const world = useWorld();
  const live = useMemo(() => {
    const { api, hub, projects } = host === undefined ? world : world.on(host);
    return new LiveValue({
      hub,
      topics: [],
      everyMs: EVERY_MS,
      isLooking: projects.isLooking,
      read: () => api.call("load.get", {}),
      take: () => undefined,
    });
  }, [world, host]);
  const { value: load } = useLive(live);
  if (load === undefined) return <dl class="host-load" />;
  const { cpus, cpu_percent, load_average, memory_bytes, memory_used_bytes } = load;
  const memory = memoryPercent(load);
  return (
    <dl class="host-load">
      <div title={`Load ${load_average.map((each) => each.toFixed(2)).join(", ")} over 1, 5 and 15 minutes`}>
        <dt>CPU</dt>
        <dd>
          <Meter percent={cpu_percent} />
          {Math.round(cpu_percent)} % <span class="muted">of {counted(cpus, "core")}</span>
        </dd>
      </div>
      <div>
        <dt>Memory</dt>
        <dd>
          <Meter percent={memory} />
          {bytesText(memory_used_bytes)} <span class="muted">of {bytesText(memory_bytes)}</span>
        </dd>
      </div>
    </dl>
  );
}

/** A bar; the number beside it says the same to who does not see it. */
function Meter({ percent }: { percent: number }): JSX.Element {
  return (
    <span class={isHeavy(percent) ? "meter heavy" : "meter"} aria-hidden="true">
      <span style={{ width: `${Math.min(percent, 100)}%` }} />
    </span>
  );
}

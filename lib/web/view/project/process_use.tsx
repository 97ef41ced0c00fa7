import type { JSX } from "preact";
import type { ProcessMetrics } from "../../../remote/types.ts";
import { LINE_HEIGHT, LINE_WIDTH, metricsOf, pointsOf } from "../../state/sparkline.ts";
import { useWorld } from "../../state/world.ts";
import { bytesText, counted } from "../text.ts";
import { useLive } from "../use_live.ts";

/** The least that the top of a line stands for: percent of a core, and bytes. */
const LEAST = { cpu: 25, memory: 64 << 20, disk: 1 << 20 };

/** What the processes of an instance or a session use: the last minute as lines, and now in numbers. */
export function ProcessUse({ kind, id, isSmall = false }: {
  kind: ProcessMetrics["kind"];
  id: string;
  /** Whether there is room for the numbers alone. */
  isSmall?: boolean;
}): JSX.Element | null {
  const { projects } = useWorld();
  const samples = useLive(projects.metrics).value ?? [];
  const use = metricsOf(samples, kind, id);
  const now = use.at(-1);
  if (now === undefined) return null;
  const cpu = `${now.cpu_percent < 9.95 ? now.cpu_percent.toFixed(1) : Math.round(now.cpu_percent)} %`;
  const memory = bytesText(now.resident_bytes);
  if (isSmall) {
    return (
      <p class="process-use small" title={counted(now.processes, "process", "processes")}>
        <Line values={use.map(({ cpu_percent }) => cpu_percent)} least={LEAST.cpu} />
        <span>
          {cpu} · {memory}
        </span>
      </p>
    );
  }
  return (
    <dl class="process-use">
      <div>
        <dt>CPU</dt>
        <dd>
          <Line values={use.map(({ cpu_percent }) => cpu_percent)} least={LEAST.cpu} />
          {cpu}
        </dd>
      </div>
      <div>
        <dt>Memory</dt>
        <dd>
          <Line values={use.map(({ resident_bytes }) => resident_bytes)} least={LEAST.memory} />
          {memory}
        </dd>
      </div>
      <Disk use={use} now={now} />
      <div>
        <dt>Processes</dt>
        <dd>{now.processes}</dd>
      </div>
    </dl>
  );
}

/** What is read from and written to disks, where the system tells. */
function Disk({ use, now }: { use: readonly ProcessMetrics[]; now: ProcessMetrics }): JSX.Element | null {
  const { read_bytes_per_second: read, written_bytes_per_second: written } = now;
  if (read === undefined && written === undefined) return null;
  const both = (each: ProcessMetrics) => (each.read_bytes_per_second ?? 0) + (each.written_bytes_per_second ?? 0);
  return (
    <div>
      <dt>Disk</dt>
      <dd>
        <Line values={use.map(both)} least={LEAST.disk} />
        {bytesText(both(now))}/s
      </dd>
    </div>
  );
}

/** A line; the number beside it says the same to who does not see it. */
function Line({ values, least }: { values: readonly number[]; least: number }): JSX.Element {
  return (
    <svg class="sparkline" viewBox={`0 0 ${LINE_WIDTH} ${LINE_HEIGHT}`} aria-hidden="true">
      <polyline points={pointsOf(values, least)} />
    </svg>
  );
}

import type { JSX } from "preact";
import type { Usage, UsagePart } from "../../../projects/types.ts";
import { allTokens, barsOf, DAYS, type UsageBar } from "../../state/usage_plot.ts";
import { brief, money } from "../text.ts";

/** The size of the plot, in its own units. */
const SIZE = { width: 300, height: 90 };
/** The least height of a day on which something was used. */
const LEAST = 2;

/** Usage by day as bars, and the same as a table for who does not see them. */
export function UsageChart({ usage }: { usage: Usage }): JSX.Element | null {
  const hasMoney = usage.cost_usd !== null;
  const bars = barsOf(usage.by_day, (part) => hasMoney ? part.cost_usd ?? 0 : allTokens(part.tokens));
  if (bars.length === 0) return null;
  const highest = bars.reduce((most, bar) => bar.height > most.height ? bar : most);
  return (
    <figure class="usage-plot">
      <figcaption class="small">
        {hasMoney ? "Money" : "Tokens"} by day
        {highest.part === undefined ? null : <span class="muted">at most {valueText(highest.part)}</span>}
      </figcaption>
      <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map((bar, i) => <Bar key={bar.day} bar={bar} at={i} />)}
      </svg>
      <p class="usage-days muted small" aria-hidden="true">
        <span>{dayText(bars[0]!.day)}</span>
        <span>{dayText(bars.at(-1)!.day)}</span>
      </p>
      <details class="more">
        <summary>As a table</summary>
        <DayTable days={usage.by_day.slice(-DAYS).toReversed()} hasMoney={hasMoney} />
      </details>
    </figure>
  );
}

function Bar({ bar: { day, part, height }, at }: { bar: UsageBar; at: number }): JSX.Element {
  const width = SIZE.width / DAYS;
  const tall = part === undefined ? 0 : Math.max(LEAST, height * SIZE.height);
  return (
    <g class="usage-bar">
      <title>{`${dayText(day)}: ${part === undefined ? "nothing" : textOf(part)}`}</title>
      <rect class="usage-day" x={at * width} y={0} width={width} height={SIZE.height} />
      <rect x={at * width + 1} y={SIZE.height - tall} width={width - 2} height={tall} rx={1} />
    </g>
  );
}

function DayTable({ days, hasMoney }: { days: readonly UsagePart[]; hasMoney: boolean }): JSX.Element {
  return (
    <table class="usage-table">
      <caption class="hidden-text">Usage by day</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Tokens</th>
          {hasMoney ? <th scope="col">About</th> : null}
        </tr>
      </thead>
      <tbody>
        {days.map((part) => (
          <tr key={part.key}>
            <th scope="row">{dayText(part.key)}</th>
            <td>{brief(allTokens(part.tokens))}</td>
            {hasMoney ? <td>{part.cost_usd === null ? "" : money(part.cost_usd)}</td> : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function valueText({ cost_usd, tokens }: UsagePart): string {
  return cost_usd === null ? brief(allTokens(tokens)) : money(cost_usd);
}

function textOf(part: UsagePart): string {
  const tokens = `${brief(allTokens(part.tokens))} tokens`;
  return part.cost_usd === null ? tokens : `about ${money(part.cost_usd)}, ${tokens}`;
}

/** The days are the hub's: no time zone changes them. */
function dayText(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

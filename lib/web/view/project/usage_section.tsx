import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { ProjectDetails, Usage, UsagePart } from "../../../projects/types.ts";
import { type HubApi, HubProblem } from "../../api/client.ts";
import { allTokens } from "../../state/usage_plot.ts";
import { Button, Link } from "../controls.tsx";
import { Shown } from "../settings/parts.tsx";
import { brief, money, shortModel } from "../text.ts";
import { VisibleText } from "../visible_text.tsx";
import { Section } from "./section.tsx";
import { UsageChart } from "./usage_chart.tsx";
import { useProjectValue } from "./use_project_value.ts";

/** Of how many conversations the titles are read; older ones are shown with their ids. */
const MAX_TITLES = 100;
/** How many conversations are shown before somebody asks for more. */
const SHOWN = 5;

/** What the conversations in a project have used: by day, by model and by conversation. */
export function UsageSection({ project }: { project: ProjectDetails }): JSX.Element {
  const loaded = useProjectValue(project.name, async (api) => {
    const usage = await readUsage(api, project.name);
    const history = await api.call("project.history", { project_name: project.name, limit: MAX_TITLES });
    return { usage, titles: new Map(history.map(({ id, title }) => [id, title])) };
  });
  return (
    <Section id="usage" title="Usage">
      <Shown loaded={loaded}>
        {({ usage, titles }) =>
          usage === null
            ? <p class="card nothing">The configuration of the hub shows no usage.</p>
            : usage.by_model.length === 0
            ? <p class="card nothing">Nothing was used here yet.</p>
            : <UsageCard usage={usage} titles={titles} project={project.name} />}
      </Shown>
    </Section>
  );
}

/** Returns `null` where the configuration shows no usage: that is nothing to try again. */
async function readUsage(api: HubApi, project_name: string): Promise<Usage | null> {
  try {
    return await api.call("project.usage", { project_name });
  } catch (error) {
    if (error instanceof HubProblem && error.status === 403) return null;
    throw error;
  }
}

function UsageCard({ usage, titles, project }: {
  usage: Usage;
  titles: ReadonlyMap<string, string>;
  project: string;
}): JSX.Element {
  const { tokens, cost_usd, unpriced } = usage;
  return (
    <div class="card usage">
      <div class="usage-sum">
        {cost_usd === null ? null : (
          <p>
            <strong class="usage-money">about {money(cost_usd)}</strong>
          </p>
        )}
        <p class="muted small">
          {brief(tokens.input)} in · {brief(tokens.output)} out · {brief(tokens.cache_read)} from the cache ·{" "}
          {brief(tokens.cache_creation)} to the cache
        </p>
      </div>
      <UsageChart usage={usage} />
      <UsageTable title="By model" parts={usage.by_model} nameOf={({ key }) => shortModel(key)} />
      <UsageTable
        title="By conversation"
        parts={usage.sessions}
        nameOf={({ key }) => (
          <Link to={{ page: "project", project, conversation: key }} class="usage-title">
            <VisibleText text={titles.get(key) || key.slice(0, 8)} />
          </Link>
        )}
      />
      {unpriced.length === 0
        ? null
        : <p class="small muted">Without a price, and not in the money: {unpriced.map(shortModel).join(", ")}</p>}
      <p class="small muted">Counted in the transcripts of the agent CLI, also of what ran outside of this hub.</p>
    </div>
  );
}

function UsageTable({ title, parts, nameOf }: {
  title: string;
  parts: readonly UsagePart[];
  nameOf: (part: UsagePart) => JSX.Element | string;
}): JSX.Element {
  const showsAll = useSignal(false);
  const shown = showsAll.value ? parts : parts.slice(0, SHOWN);
  const hasMoney = parts.some(({ cost_usd }) => cost_usd !== null);
  return (
    <div class="usage-part">
      <table class="usage-table">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{title.replace("By ", "").replace(/^./, (letter) => letter.toUpperCase())}</th>
            <th scope="col">Tokens</th>
            {hasMoney ? <th scope="col">About</th> : null}
          </tr>
        </thead>
        <tbody>
          {shown.map((part) => (
            <tr key={part.key}>
              <th scope="row">{nameOf(part)}</th>
              <td>{brief(allTokens(part.tokens))}</td>
              {hasMoney ? <td>{part.cost_usd === null ? "" : money(part.cost_usd)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === parts.length
        ? null
        : <Button kind="quiet" onClick={() => void (showsAll.value = true)}>Show all {parts.length}</Button>}
    </div>
  );
}

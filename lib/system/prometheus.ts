/**
 * Writes metrics in the text format that Prometheus reads.
 *
 * @module
 */

/** The kinds of metrics that are used. */
export type MetricType = "counter" | "gauge" | "histogram";

/** Returns the lines before the values of a metric. */
export function metricHead(name: string, type: MetricType, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** Returns a metric with one value. */
export function singleMetric(name: string, type: MetricType, help: string, value: number): string {
  return `${metricHead(name, type, help)}${name} ${value}\n`;
}

/** Returns a metric with a value for each combination of labels. */
export function labelledMetric(
  name: string,
  type: MetricType,
  help: string,
  values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[],
): string {
  const lines = values.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}{${pairs.join(",")}} ${value}\n`;
  });
  return `${metricHead(name, type, help)}${lines.join("")}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

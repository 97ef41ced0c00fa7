/**
 * What the page knows of projects and remote control. Each part is read while something shows it.
 *
 * @module
 */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { CloneJob, Project, ProjectDetails, ProjectList } from "../../projects/types.ts";
import type { ExternalSession, Instance, MetricsSample } from "../../remote/types.ts";
import type { HubApi } from "../api/client.ts";
import type { HubState } from "./hub_state.ts";
import { clonesAfter, externalAfter, instancesAfter, isOfProject, samplesAfter } from "./live_lists.ts";
import { LiveValue, type LiveValueOptions } from "./live_value.ts";

/** How often what happens on another host is read while somebody looks at it, in milliseconds: nobody tells it. */
const FAR_MS = { slow: 10_000, quick: 4_000 };

/** Another host, whose projects are meant. */
export interface FarPlace {
  /** The name. */
  readonly host: string;
  /** Whether it can be reached. */
  readonly isUp: ReadonlySignal<boolean>;
}

/** How something is kept current. */
export type Currency = Pick<LiveValueOptions<unknown>, "topics" | "everyMs" | "isLooking">;

/** Projects and remote control. */
export class Projects {
  /** The projects. */
  readonly list: LiveValue<ProjectList>;
  /** The remote-control instances, the newest first. */
  readonly instances: LiveValue<readonly Instance[]>;
  /** The clones that run, and those that ended lately. */
  readonly clones: LiveValue<readonly CloneJob[]>;
  /** What runs outside of the hub. */
  readonly external: LiveValue<readonly ExternalSession[]>;
  /** What processes use. */
  readonly metrics: LiveValue<readonly MetricsSample[]>;
  /** Whether somebody looks at the page. */
  readonly isLooking: ReadonlySignal<boolean>;
  /** The host that has them; `undefined` if it is the hub itself. */
  readonly host: string | undefined;
  readonly #api: HubApi;
  readonly #hub: HubState;
  readonly #details = new Map<string, LiveValue<ProjectDetails>>();

  /**
   * @param api Calls operations, on the host that has them.
   * @param hub What is known of the hub.
   * @param far The host that has them. @default {the hub itself}
   */
  constructor(api: HubApi, hub: HubState, far?: FarPlace) {
    this.#api = api;
    this.#hub = hub;
    this.host = far?.host;
    const isSeen = lookingSignal();
    this.isLooking = far === undefined ? isSeen : computed(() => isSeen.value && far.isUp.value);
    this.list = new LiveValue({
      hub,
      ...this.current("projects"),
      read: () => api.call("projects.list", {}),
      take: () => undefined,
    });
    this.instances = new LiveValue({
      hub,
      ...this.current("instances"),
      read: () => api.call("instances.list", {}),
      take: instancesAfter,
    });
    this.clones = new LiveValue({
      hub,
      ...this.current("clones", FAR_MS.quick),
      read: () => api.call("clones.list", {}),
      take: clonesAfter,
    });
    this.external = new LiveValue({
      hub,
      ...this.current("external"),
      read: () => api.call("external.list", {}),
      take: externalAfter,
      isLooking: this.isLooking,
    });
    this.metrics = new LiveValue({
      hub,
      ...this.current("metrics", FAR_MS.quick),
      read: () => api.call("metrics.get", {}),
      take: samplesAfter,
      isLooking: this.isLooking,
    });
  }

  /**
   * Returns how something of a topic is kept current: this hub tells what happens here, and other hosts are asked.
   *
   * @param everyMs How often another host is asked, in milliseconds.
   */
  current(topic: string, everyMs: number = FAR_MS.slow): Currency {
    return this.host === undefined ? { topics: [topic] } : { topics: [], everyMs, isLooking: this.isLooking };
  }

  /** A project with its work trees. */
  details(name: string): LiveValue<ProjectDetails> {
    const known = this.#details.get(name);
    if (known !== undefined) return known;
    const made = new LiveValue<ProjectDetails>({
      hub: this.#hub,
      ...this.current("projects"),
      read: () => this.#api.call("project.get", { project_name: name }),
      take: (value, notice) => isOfProject(notice, name) ? undefined : value,
    });
    this.#details.set(name, made);
    return made;
  }

  /** Notes a project that this page has changed. */
  put(project: Project): void {
    const { list } = this;
    const known = list.value.peek();
    if (known !== undefined) {
      const projects = known.projects.map((each) => each.name === project.name ? project : each);
      list.put({ ...known, projects });
    }
    const details = this.#details.get(project.name);
    const before = details?.value.peek();
    if (before !== undefined) details?.put({ ...before, ...project });
  }

  /** Waits for a change of an instance. What it returns may be older than what was told meanwhile: all are read again. */
  async changeInstance(change: Promise<Instance>): Promise<void> {
    await change;
    await this.instances.reload();
  }

  /** Forgets an instance. */
  dropInstance(id: string): void {
    this.instances.put((this.instances.value.peek() ?? []).filter((each) => each.id !== id));
  }

  /** Waits for a change of a clone. What it returns may be older than what was told meanwhile: all are read again. */
  async changeClone(change: Promise<CloneJob>): Promise<void> {
    await change;
    await this.clones.reload();
  }
}

function lookingSignal(): Signal<boolean> {
  const isLooking = signal(!document.hidden);
  document.addEventListener("visibilitychange", () => isLooking.value = !document.hidden);
  return isLooking;
}

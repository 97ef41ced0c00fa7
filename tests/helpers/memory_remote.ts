import type { LinkCode, Remote } from "../../lib/remote/remote.ts";
import type {
  ExternalSession,
  Instance,
  InstanceLog,
  MachineLoad,
  MetricsSample,
  StartedInstance,
} from "../../lib/remote/types.ts";
import type { StartInstanceParams } from "../../lib/remote/types.ts";
import { RequestError } from "../../lib/system/request_error.ts";

const AT = "2026-01-01T00:00:00.000Z";

/** Remote control without programs, in memory: for tests of what stands above it. */
export class MemoryRemote implements Remote {
  readonly instances = new Map<string, Instance>();

  /** Adds an instance. */
  create(id: string, facts: Partial<Instance> = {}): Instance {
    const instance: Instance = {
      id,
      project: "web",
      name: `name-${id}`,
      status: "running",
      mode: "standard",
      spawn_mode: "same-dir",
      permission_mode: "default",
      url: "https://claude.ai/code?environment=env_1",
      session_url: "https://claude.ai/code/session_1?from=cli",
      environment_id: "env_1",
      pid: 1,
      started_at: AT,
      intentional_stop: false,
      error_detail: null,
      restarts: 0,
      ...facts,
    };
    this.instances.set(id, instance);
    return instance;
  }

  list(project?: string): Instance[] {
    return [...this.instances.values()].filter((one) => project === undefined || one.project === project).reverse();
  }

  get(reference: string): Instance {
    const found = this.list().find(({ id, name }) => id.startsWith(reference) || name === reference);
    if (found === undefined) throw new RequestError("unknown", `there is no instance ${reference}`);
    return found;
  }

  start({ project, name }: StartInstanceParams): Promise<StartedInstance> {
    const [former] = this.list(project);
    if (former !== undefined) return Promise.resolve({ ...former, created: false });
    const made = this.create(crypto.randomUUID(), { project, ...(name === undefined ? {} : { name }) });
    return Promise.resolve({ ...made, created: true });
  }

  stop(reference: string): Promise<Instance> {
    const { id, ...facts } = this.get(reference);
    return Promise.resolve(this.create(id, { ...facts, status: "stopped", intentional_stop: true, pid: null }));
  }

  resume(reference: string): Promise<Instance> {
    const { id, ...facts } = this.get(reference);
    return Promise.resolve(this.create(id, { ...facts, status: "running" }));
  }

  forget(reference: string): Promise<void> {
    this.instances.delete(this.get(reference).id);
    return Promise.resolve();
  }

  qr(reference: string): Promise<LinkCode> {
    return Promise.resolve({ svg: "<svg/>", url: this.get(reference).session_url ?? "" });
  }

  log(reference: string): Promise<InstanceLog> {
    const text = `log of ${this.get(reference).name}\n`;
    return Promise.resolve({ text, offset: 0, end: text.length });
  }

  external(): Promise<readonly ExternalSession[]> {
    return Promise.resolve([{ pid: 7, project: null, path: "/tmp" }]);
  }

  metrics(): Promise<readonly MetricsSample[]> {
    return Promise.resolve([{ at: AT, items: [] }]);
  }

  load(): Promise<MachineLoad> {
    return Promise.resolve({
      cpus: 4,
      cpu_percent: 12.5,
      load_average: [0.5, 0.4, 0.3],
      memory_bytes: 8 << 27,
      memory_used_bytes: 1 << 27,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * What many hosts cost in NATS, computed from what one machine was measured to do. It is arithmetic: a cost for each event,
 * times how often it is paid, compared with what one process can do.
 *
 * @module
 */

/** What was measured, each by `deno task nats-scale` or a row of `deno task bench`. */
export interface Costs {
  /** The processor time that a host's hub takes to publish an event, in microseconds. */
  readonly publishUs: number;
  /** The processor time that the server takes to accept and store an event, in microseconds. */
  readonly storeUs: number;
  /** The processor time that the server takes to pass an event on to one reader, in microseconds. */
  readonly deliverUs: number;
  /** The processor time that a reader takes for an event, in microseconds. */
  readonly readUs: number;
  /** The processor time that a hub takes to pass an event on to one open page, in microseconds. */
  readonly pageUs: number;
  /** The size of an event, in bytes. */
  readonly eventBytes: number;
  /** What NATS adds to a message on the network, in bytes. */
  readonly frameBytes: number;
  /** What the stream occupies for an event, in bytes. */
  readonly storedBytes: number;
  /** How many events one stream acknowledges in a second. */
  readonly streamPerSecond: number;
  /** How many events a second a reader gets through when it catches up. */
  readonly catchUpPerSecond: number;
  /** How often each host tells how it does, to be kept and to every reader, in seconds. */
  readonly stateSeconds: number;
  /** How long an event takes when nothing else goes on, in milliseconds. */
  readonly lagMs: number;
  /** What an idle server occupies, in megabytes. */
  readonly serverMb: number;
  /** What the server occupies more for a host that is connected, in megabytes. */
  readonly serverHostMb: number;
  /** What a hub that shows others occupies, in megabytes. */
  readonly readerMb: number;
  /** What such a hub occupies more for a host, in megabytes. */
  readonly readerHostMb: number;
}

/**
 * Measured on one machine with two cores that server, hosts and readers share, in November 2026. The processor times are
 * those of a steady load of 200 hosts with 20 events a second, where nothing comes in large batches; under full load an
 * event costs half of that.
 */
export const MEASURED: Costs = {
  // `nats-scale --only steady --readers 1` and `--readers 4`, the median of several runs.
  publishUs: 80,
  storeUs: 40,
  deliverUs: 8,
  readUs: 15,
  eventBytes: 220,
  storedBytes: 330,
  // A hub with 1 and with 21 pages, for events of its own; those of hosts are made JSON for each page, and cost more.
  pageUs: 4.2,
  // The subject, the headers and the reply subject of a message that a reader gets.
  frameBytes: 150,
  // `nats-scale` on a machine that did nothing else.
  streamPerSecond: 43_000,
  catchUpPerSecond: 120_000,
  stateSeconds: 10,
  lagMs: 0.9,
  serverMb: 30,
  serverHostMb: 0.5,
  // `bench --rows hosts:`, over ssh; over NATS it is less.
  readerMb: 63,
  readerHostMb: 1.2,
};

/** What one machine, process or stream may have. */
export interface Limits {
  /** The cores of the machine of a server. */
  readonly serverCores: number;
  /** The network of the machine of a server, in megabytes a second. */
  readonly networkMb: number;
  /** What a stream keeps, in gigabytes. */
  readonly streamGb: number;
  /** How long events are to be kept, in hours. */
  readonly keepHours: number;
  /** How much of anything may be in use, so that bursts pass. */
  readonly headroom: number;
}

/** What a stream has by default, on a machine as it is usual for servers. */
export const USUAL: Limits = { serverCores: 4, networkMb: 125, streamGb: 10, keepHours: 24, headroom: 0.7 };

/** Hosts, people, and how they are spread. */
export interface Fleet {
  /** How many hosts there are. */
  readonly hosts: number;
  /** How many people have a page open. */
  readonly people: number;
  /** How many events a host makes in a second, on average over days. */
  readonly rate: number;
  /** How many it makes while it is busy, as all are at the same time in the worst case. */
  readonly peak: number;
  /** How many sites there are, each with a server and a stream of its own; people look at the page of their site. */
  readonly sites: number;
  /** How many hubs show the hosts of a site; its people are spread over them. */
  readonly readers: number;
  /** Which part of the events of a site an open page gets: 1 for all. */
  readonly watched: number;
}

/** What a fleet needs. */
export interface Needs {
  /** The events of one site in a second, while all are busy, as for all that follows but what is kept. */
  readonly eventsPerSecond: number;
  /** What publishing takes on a host, in cores. */
  readonly hostCores: number;
  /** What a site's server takes, in cores. */
  readonly serverCores: number;
  /** What a site's server occupies, in megabytes. */
  readonly serverMb: number;
  /** What one reader takes, in cores; it has one. */
  readonly readerCores: number;
  /** What one reader occupies, in megabytes. */
  readonly readerMb: number;
  /** What goes through the network of a site's server, in megabytes a second. */
  readonly networkMb: number;
  /** How long an event takes to a reader, in milliseconds; `Infinity` where events come faster than they are read. */
  readonly lagMs: number;
  /** How long a reader that was away for a minute needs to catch up, in seconds. */
  readonly catchUpSeconds: number;
  /** How long the stream keeps an event, in hours. */
  readonly keptHours: number;
  /** What a week of all sites occupies, in gigabytes. */
  readonly weekGb: number;
}

/** A limit, and how much of it is used: at most 1. */
export interface Use {
  /** What is limited. */
  readonly what: string;
  /** How much of it is used. */
  readonly part: number;
}

/** Computes what a fleet needs. */
export function needsOf(fleet: Fleet, costs: Costs = MEASURED, limits: Limits = USUAL): Needs {
  const { sites, readers, watched } = fleet;
  const hosts = fleet.hosts / sites;
  const perSecond = hosts * fleet.peak;
  const pages = fleet.people / sites / readers;
  // A state costs what an event costs, but no page gets it.
  const messages = perSecond + hosts / costs.stateSeconds;
  const serverCores = messages * (costs.storeUs + costs.deliverUs * readers) / 1e6;
  const readerCores = (messages * costs.readUs + perSecond * costs.pageUs * pages * watched) / 1e6;
  const busiest = Math.max(readerCores, serverCores / limits.serverCores, messages / costs.streamPerSecond);
  const behind = 60 * perSecond / Math.max(0, costs.catchUpPerSecond - perSecond);
  return {
    eventsPerSecond: perSecond,
    hostCores: fleet.peak * costs.publishUs / 1e6,
    serverCores,
    serverMb: costs.serverMb + costs.serverHostMb * hosts,
    readerCores,
    readerMb: costs.readerMb + costs.readerHostMb * hosts,
    networkMb: messages * (costs.eventBytes + costs.frameBytes) * (1 + readers) / 1e6,
    // A queue with one place: how long it is waited for grows as what is free becomes little.
    lagMs: busiest < 1 ? costs.lagMs / (1 - busiest) : Infinity,
    catchUpSeconds: behind,
    keptHours: limits.streamGb * 1e9 / (hosts * fleet.rate * costs.storedBytes) / 3_600,
    weekGb: fleet.hosts * fleet.rate * costs.storedBytes * 7 * 86_400 / 1e9,
  };
}

/** Returns how much of each limit a fleet uses, what is used most first. */
export function usesOf(fleet: Fleet, costs: Costs = MEASURED, limits: Limits = USUAL): readonly Use[] {
  const needs = needsOf(fleet, costs, limits);
  const { serverCores, networkMb, keepHours, headroom } = limits;
  const uses = [
    { what: "a reader's core", part: needs.readerCores / headroom },
    { what: "the server's cores", part: needs.serverCores / (serverCores * headroom) },
    { what: "the stream", part: needs.eventsPerSecond / (costs.streamPerSecond * headroom) },
    { what: "the network", part: needs.networkMb / (networkMb * headroom) },
    { what: "what the stream keeps", part: keepHours / needs.keptHours },
  ];
  return uses.toSorted((a, b) => b.part - a.part);
}

/** Returns how many hosts a fleet can have until something breaks, and what that is. */
export function breakingPoint(
  fleet: Omit<Fleet, "hosts">,
  costs: Costs = MEASURED,
  limits: Limits = USUAL,
): { readonly hosts: number; readonly what: string } {
  // Every use grows in proportion to the hosts.
  const [first] = usesOf({ ...fleet, hosts: 1 }, costs, limits);
  if (first === undefined) throw new TypeError("nothing is limited");
  return { hosts: Math.floor(1 / first.part), what: first.what };
}
